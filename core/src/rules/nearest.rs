//! The known word that somebody may have meant.

/// The most letters of a word that is compared: longer ones are no slip of the pen.
const LETTERS_MAX: usize = 40;

/// The fewest letters of a beginning that stands for a longer word.
const BEGINNING_LETTERS_MIN: usize = 4;

/// How many letters must be put in, left out or replaced to get from one word to the other.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (other_at, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[other_at + 1];
            row[other_at + 1] = replaced.min(diagonal + 1).min(row[other_at] + 1);
        }
    }
    row[to.len()]
}

/// The known word nearest to `word`, or else one that begins with it. A word is another where more than a third of
/// the letters differ, and more than two.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let letters: Vec<char> = word.chars().take(LETTERS_MAX + 1).collect();
    if letters.len() > LETTERS_MAX {
        return None;
    }
    let known: Vec<&str> = known.into_iter().collect();
    let allowed = (letters.len() / 3).max(2);
    let near = known
        .iter()
        .copied()
        .map(|other| (distance(&letters, &other.chars().collect::<Vec<_>>()), other))
        .filter(|(steps, other)| *steps <= allowed && *steps < other.chars().count())
        .min()
        .map(|(_, other)| other);
    let longer = || known.iter().copied().find(|other| other.starts_with(word));
    near.or_else(|| longer().filter(|_| letters.len() >= BEGINNING_LETTERS_MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood_and_another_word_is_not() {
        let known = ["opens", "closes", "late_from", "at_close"];
        assert_eq!(nearest("clsoes", known), Some("closes"));
        assert_eq!(nearest("close", known), Some("closes"));
        assert_eq!(nearest("open", known), Some("opens"));
        assert_eq!(nearest("late", known), Some("late_from"));
        assert_eq!(nearest("visitors", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"closes".repeat(1000), known), None);
    }

    #[test]
    fn letters_put_in_left_out_and_replaced_count_one_each() {
        let steps = |from: &str, to: &str| {
            distance(&from.chars().collect::<Vec<_>>(), &to.chars().collect::<Vec<_>>())
        };
        assert_eq!(steps("", "abc"), 3);
        assert_eq!(steps("abc", "abc"), 0);
        assert_eq!(steps("abc", "ac"), 1);
        assert_eq!(steps("kitten", "sitting"), 3);
    }
}
