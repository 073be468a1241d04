/**
 * What the writing of a word asks for before it can be compared: marks that are left out, words without blanks between
 * them.
 */

/**
 * Scripts whose marks may be left out in writing: é and e, ή and η. In others a mark is a letter of its own, or й
 * beside и.
 */
const MARKED = /([\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu;
/** Vowels that Arabic and Hebrew writing may leave out, and the stroke that only stretches a word. */
const VOWELS =
  /[\u0591-\u05bd]|\u05bf|[\u05c1\u05c2]|[\u05c4\u05c5]|\u05c7|[\u0610-\u061a]|\u0640|[\u064b-\u065f]|\u0670/g;
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  ẞ: 'SS',
  ø: 'o',
  Ø: 'O',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'TH',
  ı: 'i',
  ё: 'е',
  Ё: 'Е',
  أ: 'ا',
  إ: 'ا',
  آ: 'ا',
  ى: 'ي',
};
const OWN_LETTERS = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');
const PLAIN = /^[\0-\x7f]*$/;

/**
 * Text with one form for each letter, and without the marks that somebody may leave out: Ärger is Arger, ﬁle is file.
 */
export function withoutMarks(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .normalize('NFKD')
    .replace(MARKED, '$1')
    .normalize('NFC')
    .replace(VOWELS, '')
    .replace(OWN_LETTERS, (letter) => LETTERS[letter] ?? letter);
}

/** Han, kana and Hangul; the scripts of South-East Asia. The long stroke ー belongs to both kana and to neither. */
const EAST_ASIAN = '\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{Script=Hangul}';
const SOUTH_EAST_ASIAN = '\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}';
export const UNSPACED = new RegExp(`(?:[${EAST_ASIAN}]+|[${SOUTH_EAST_ASIAN}]+)`, 'gu');

const HAN = /\p{Script=Han}/u;
const HANGUL = /^\p{Script=Hangul}+$/u;
const HIRAGANA = /^[\p{Script=Hiragana}ー]+$/u;
/** A letter with the marks above, below and around it. */
const CLUSTER = /\P{M}\p{M}*/gu;
/** What Korean glues to the end of a word, the longest first. */
const PARTICLE =
  /(?<=\p{Script=Hangul})(?:에서는|에서도|으로는|으로서|으로써|에게서|이라는|에서|에게|에는|에도|으로|까지|부터|처럼|보다|마다|조차|이나|이란|라는|하고|이며|이고|들을|들이|들은|들의|은|는|이|가|을|를|의|에|와|과|도|만|로|나)$/u;

/** Particles, question words and the like: nothing that is looked for. */
const CHINESE_EMPTY =
  /是什么|为什么|什么|怎么样|怎么|怎样|如何|哪里|哪儿|哪个|哪些|在哪|是否|请问|一下|这个|那个|这些|那些|的|了|吗|呢|吧|是|和|与|在|请|被|把/gu;
const KOREAN_EMPTY =
  /^(?:어디|어떻게|무엇|무엇인가요|뭐|왜|이|그|저|것|수|및|또는|있나요|있는|있습니까|하나요|합니까|되나요|됩니까|인가요|입니까|하는|되는|어떤|누가|언제|해주세요|알려줘|설명해줘)$/u;

/**
 * Terms of a run without blanks: every two neighboring characters, since where a word ends takes a dictionary, and
 * dictionaries differ between the programs that index and ask. A Han character says something alone too.
 */
export function runTerms(run: string): string[] {
  const bare = HANGUL.test(run) ? run.replace(PARTICLE, '') : run;
  const characters = bare.match(CLUSTER) ?? [];
  const pairs = characters.slice(1).map((character, at) => `${characters[at] ?? ''}${character}`);
  const alone = characters.filter((character) => characters.length === 1 || HAN.test(character));
  return [...pairs, ...alone];
}

/** A part of a run that a question asks for, and its terms. */
export interface RunPart {
  readonly text: string;
  readonly terms: readonly string[];
}

/**
 * What a question asks for in a run: its parts without particles and question words, single characters only where they
 * stand alone.
 */
export function askedParts(run: string): RunPart[] {
  if (KOREAN_EMPTY.test(run)) return [];
  const parts = HAN.test(run) ? run.replace(CHINESE_EMPTY, ' ').split(' ') : [run];
  return parts
    .filter((part) => part !== '')
    .map((text) => {
      const found = runTerms(text);
      const pairs = found.filter((term) => (term.match(CLUSTER) ?? []).length > 1);
      // Japanese endings and particles are hiragana; what is looked for seldom is.
      const content = pairs.filter((term) => !HIRAGANA.test(term));
      return { text, terms: content.length > 0 ? content : pairs.length > 0 ? pairs : found };
    });
}
