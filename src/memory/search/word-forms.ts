/** Of two forms of a word: letters that they have in common, letters that prove it, and letters that one may add. */
const FORMS = { common: 4, sure: 6, added: 4 } as const;
/** Letters of an abbreviation, and letters that it leaves out. */
const ABBREVIATION = { least: 2, most: 5, leftOut: 2 } as const;

/** Whether a part of a name says a word of a question: as it is, in another form, or short. All are terms. */
export function saysWord(part: string, word: string): boolean {
  return part === word || isFormOf(part, word) || abbreviates(part, word);
}

/** Whether two words differ by their endings alone: `validate` and `validation`. */
function isFormOf(a: string, b: string): boolean {
  let common = 0;
  while (common < Math.min(a.length, b.length) && a[common] === b[common]) common += 1;
  const isNear = common >= FORMS.sure || common >= Math.min(a.length, b.length) - 1;
  return common >= FORMS.common && isNear && Math.max(a.length, b.length) - common <= FORMS.added;
}

/** Whether a part of a name is a word's beginning, as `id` and `paren`, or its consonants, as `ptr` and `ctx`. */
function abbreviates(part: string, word: string): boolean {
  const { least, most, leftOut } = ABBREVIATION;
  if (part.length < least || part.length > most || word.length < part.length + leftOut) return false;
  if (word.startsWith(part)) return true;
  if (part.length === least || part[0] !== word[0] || /[aeiou]/.test(part)) return false;
  let at = 0;
  for (const letter of word) if (letter === part[at]) at += 1;
  return at === part.length;
}
