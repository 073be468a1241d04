import { stemmer as german } from '@orama/stemmers/german';
import { stemmer as french } from '@orama/stemmers/french';
import { stemmer as spanish } from '@orama/stemmers/spanish';
import { stemmer as portuguese } from '@orama/stemmers/portuguese';
import { stemmer as italian } from '@orama/stemmers/italian';
import { stemmer as dutch } from '@orama/stemmers/dutch';
import { stemmer as russian } from '@orama/stemmers/russian';

/** A language whose words change their ends, written in Latin letters. */
export type Language = 'de' | 'fr' | 'es' | 'pt' | 'it' | 'nl';

/**
 * Words that tell a language: frequent, and no word of English or of a program. `also` are frequent too, but may be
 * either; they say nothing in a question of that language.
 */
const FUNCTION_WORDS: Readonly<Record<Language, { readonly sure: string; readonly also: string }>> = {
  de: {
    sure:
      'und oder nicht ist sind wird werden wurde wurden kann können muss müssen soll sollen für mit auf eine einen einer eines einem der ' +
      'dem den das sich auch wenn aber nach bei zum zur über dass wie wo wir ich wieso weshalb welche welcher welches welchen wozu ' +
      'wofür womit wodurch woher wohin unter zwischen durch ohne gegen schon noch nur mehr hier diese dieser dieses diesen diesem ' +
      'gibt haben hatte hat beim vom ins als kein keine keinen jede jeder jedes alle allen',
    also: 'die des in an am im was wer wann warum war so um aus er sie es ein man mir uns bitte zu ab von da ob macht machen',
  },
  fr: {
    sure:
      'les une est dans pour pas que qui sur avec sont aux cette ces nous vous elle ils leur leurs mais où donc ainsi quand comment ' +
      'pourquoi quel quelle quels quelles être été fait faire peut entre sans sous chez très aussi lorsque depuis selon',
    also: 'le la des du de et en un il je tu se ce son sa ses au ou ne plus par si tout qu est-ce a à y on',
  },
  es: {
    sure:
      'los las una del que como cómo está están esta este estos estas para porque cuando cuándo dónde donde qué cuál quién más pero ' +
      'también sobre según desde hasta entre son fue ser hay puede cada todos todas',
    also: 'el la de en y o un por con sin se su sus al lo le es no si muy ya nos me',
  },
  pt: {
    sure:
      'uma não são está estão para como onde quando quem qual quais porque dos das pelo pela pelos pelas aos mais também sobre entre ' +
      'isso isto esse essa este esta foi ser tem você nós cada todos todas',
    also: 'o a os as um de do da em no na nos nas e ou por com sem se que ao é ele ela seu sua já',
  },
  it: {
    sure:
      'gli una della delle dello degli dei del che come sono dove quando perché quale quali nel nella nelle nei questo questa questi ' +
      'queste anche più ma essere viene vengono può ogni tutti tutte cosa chi sul sulla dal dalla',
    also: 'il lo la i le un di da in con su per tra fra e o non si è al ai alla ha a se ci',
  },
  nl: {
    sure:
      'het een niet voor zijn wordt worden werd naar ook waar waarom hoe wanneer welke bij deze dit maar moet moeten kan kunnen heeft ' +
      'hebben tussen zonder onder hun onze',
    also: 'de en in is van op aan te dat die er als om uit met door over wat wie we je u of geen zo nog wel',
  },
};

/** Letters that English does not write. */
const LETTERS: readonly (readonly [RegExp, Language])[] = [
  [/[äöüß]/i, 'de'],
  [/[éèêçàùœî]/i, 'fr'],
  [/[ñ¿¡áíóú]/i, 'es'],
  [/[ãõ]/i, 'pt'],
  [/[ìò]/i, 'it'],
];

const STEMMERS: Readonly<Record<Language, (word: string) => string>> = {
  de: german,
  fr: french,
  es: spanish,
  pt: portuguese,
  it: italian,
  nl: dutch,
};

const LANGUAGES = ['de', 'fr', 'es', 'pt', 'it', 'nl'] as const;
const split = (words: string): string[] => words.split(' ');
const LANGUAGES_OF = new Map<string, Language[]>();
for (const language of LANGUAGES) {
  for (const word of split(FUNCTION_WORDS[language].sure))
    LANGUAGES_OF.set(word, [...(LANGUAGES_OF.get(word) ?? []), language]);
}
const EMPTY: Readonly<Record<Language, ReadonlySet<string>>> = {
  de: emptyWords('de'),
  fr: emptyWords('fr'),
  es: emptyWords('es'),
  pt: emptyWords('pt'),
  it: emptyWords('it'),
  nl: emptyWords('nl'),
};

function emptyWords(language: Language): ReadonlySet<string> {
  return new Set([...split(FUNCTION_WORDS[language].sure), ...split(FUNCTION_WORDS[language].also)]);
}

/** Words of a segment that are looked at. */
const LOOKED_AT = 2_000;

/**
 * The inflected language that a text is written in, or that its comments are; undefined where none is told by so many
 * different words.
 *
 * @param words as they are written
 * @param least different words of a language; a word with one of the language's own letters counts as one
 */
export function languageOf(words: readonly string[], least: number): Language | undefined {
  const seen = new Map<Language, Set<string>>();
  const count = (language: Language, sign: string) => {
    const signs = seen.get(language) ?? new Set();
    seen.set(language, signs.add(sign));
  };
  for (const word of words.slice(0, LOOKED_AT)) {
    const small = word.toLowerCase();
    for (const language of LANGUAGES_OF.get(small) ?? []) count(language, small);
    // Plain words are most of all, and cost nothing here.
    if (/^[ -~]*$/.test(small)) continue;
    for (const [letters, language] of LETTERS) if (letters.test(small)) count(language, 'letters');
  }
  const [first] = [...seen].sort(([, a], [, b]) => b.size - a.size);
  return first && first[1].size >= least ? first[0] : undefined;
}

/** Whether a word of that language says nothing about what is looked for. */
export function isEmptyWord(word: string, language: Language): boolean {
  return EMPTY[language].has(word.toLowerCase());
}

/** A word's stem, in small letters. */
export function stemOf(word: string, language: Language): string {
  return STEMMERS[language](word.toLowerCase());
}

/**
 * The stem of a word in Cyrillic letters; by the rules of Russian, which fit its neighbours' endings as well as any.
 */
export function cyrillicStem(word: string): string {
  return russian(word.toLowerCase());
}
