// FORMAT.md, "Armour", step 2: what mail may do to a text is lost when it is cut into words.

/** The words of a text: cut at white space, without `>` at their beginnings, and without those that are empty then. */
export const wordsOf = (text) => text.split(/\p{White_Space}+/u).map((word) => word.replace(/^>+/, '')).filter((word) => word !== '');
