/**
 * Where a text declares a name inside of something: fields, properties, constants, cases of an enumeration, methods
 * without a body, columns. Told by the line and by what encloses it; where a name is defined by itself as well,
 * `definition.ts` tells it, and that is what most people ask for.
 */

/** What has members: a type, a table, an object that has a name, Go's groups. */
const ENCLOSING =
  /^\s*(?:[\w@]+(?:\([^)]*\)|<[^>]*>)?\s+)*?(?:class|struct|interface|@interface|trait|enum|object|record|protocol|module|impl|extension|actor|union|contract|message|mixin|annotation|defmodule|service|model|input|table|(?:type|const|var|let)\s+[\w$]+(?:<[^>]*>)?\s*(?::[^=]*)?=\s*(?:[\w.]+\()?[{[(]|type\s+\w+|[A-Z][A-Z\d_]*\s*=\s*\{|(?:const|var|type)\s*\()(?![\w$])/i;
/** Of these, the ones that list names with nothing around them. */
const NAMING = /\b(?:enum|const\s*\(|var\s*\()/i;
/** Of these, the ones whose types stand behind the names. */
const TYPED_BEHIND = /\b(?:struct|interface)\s*\{\s*$|^\s*(?:create\s.*\(|model\s.*\{|(?:const|var)\s*\()\s*$/i;
/** Of these, the ones whose methods have no body. */
const DECLARING = /\b(?:interface|@interface|protocol|trait|service)\b/i;
/** What goes on with a head that began further up. */
const CONTINUED = /^\s*(?:[{)\]}]|\/\/|\/?\*|#(?!\[)|@|\[)/;

/** Modifiers and types before a member's name. */
const BEFORE = /^\s*(?:[\w<>[\],*&?@.|:]+(?:\([^)]*\))?\s+)*[*&$#]*$/;
const STATEMENT =
  /(?:^|\s)(?:return|if|elif|while|for|foreach|switch|match|else|await|new|throw|raise|yield|delete|typeof|in|not|and|or|do|assert|with|when|until|unless|catch|except|import|use|using|package|include|include_once|require|require_once|require_relative|from|echo|print|goto|export|extern|open|exec|call|set|unset|namespace|super|extends|implements|throws|by|get|extend|prepend|raises?|alias|end|break|continue)(?:\s|$)/;
/** A type, or a modifier, and a blank. */
const TYPED = /[\w>\])?*&]\s+[*&$]*$|[*&]$/;
const ASSIGNED = /^\s*(?:[?!]?:(?!:)[^=,]*)?=(?![=>~])/;
/** What is given another module's name is defined there. */
const IMPORTED = /^[^=]*=\s*(?:await\s+)?(?:require|@?import)\b/;
const DECLARED = /^\s*(?:[?!]?:(?!:)|=(?![=>~])|=>|;|,|\{|by\b|\[[^\]]*\]\s*[;=]|$)/;
const SIGNATURE = /^\s*(?:<[^>(]*>)?\([^{]*$/;
const CONSTANT = /^[A-Z][A-Z\d_]*$/;
/** Ruby declares by calls: an accessor, a method that is made, an alias, a scope, a task. */
const CALLED =
  /^\s*(?:attr_\w+|[cm]attr_\w+|class_attribute|define_method|alias_method|scope|task|let!?|subject|has_many|has_one|belongs_to|has_and_belongs_to_many|define)[ (]\s*(?::\w+[?!]?,\s*)*[:'"]$/;
const OWN_FIELD = /^\s*(?:self\.|this\.|\$this->|@@?)$/;
/** What a directive of Elixir, or of Perl and of Lua at the top, declares. */
const DIRECTIVE = /^\s*@(?:type|typep|opaque|callback|macrocallback)\s+$|^(?:my|our|local)\s+[$@%]?$/;
const TARGET_FILE = /(?:^|\/)(?:gnumakefile|makefile|justfile)$|\.mk$/i;
/** What stands before and after a name in its line: whoever writes longer ones declares nothing there. */
const LONGEST_SIDE = 500;
/** Lines above a member that are looked through for what encloses it. */
const LONGEST_BODY = 3_000;

/**
 * Lines, from 0, that declare the name as a member of something, or by itself without a body. Where none does, the
 * first line that gives an object a field of the name.
 */
export function memberLines(lines: readonly string[], name: string, path = ''): number[] {
  const found = lines.flatMap((line, at) => {
    const sides = sidesOf(line, name).filter(([, after]) => !IMPORTED.test(after));
    return sides.some(([before, after]) => isMember(lines, at, before, after, path)) ? [at] : [];
  });
  if (found.length > 0) return found;
  const field = lines.findIndex((line) =>
    sidesOf(line, name).some(([before, after]) => OWN_FIELD.test(before) && ASSIGNED.test(after)),
  );
  return field < 0 ? [] : [field];
}

function sidesOf(line: string, name: string): [before: string, after: string][] {
  const sides: [string, string][] = [];
  for (let from = line.indexOf(name); from >= 0 && from <= LONGEST_SIDE; from = line.indexOf(name, from + 1)) {
    const end = from + name.length;
    const [before, after] = [line.slice(0, from), line.slice(end, end + LONGEST_SIDE)];
    if (!/\w$/.test(before) && !/^[\w$]/.test(after)) sides.push([before, after]);
  }
  return sides;
}

function isMember(lines: readonly string[], at: number, before: string, after: string, path: string): boolean {
  if (CALLED.test(before) || (DIRECTIVE.test(before) && /^\s*(?:\(|::|=)/.test(after))) return true;
  if (before === '' && TARGET_FILE.test(path)) return /^[^=]*:(?!=)/.test(after);
  if (/^\s+as\s*\($/i.test(after.trimEnd())) return /^\s*(?:with\s+(?:recursive\s+)?)?$/i.test(before);
  const isTop = /^\S/.test(before) || before === '';
  if (isTop) return isDeclaredAtTop(lines, at, before, after);
  if (!BEFORE.test(before)) return false;
  const head = enclosing(lines, at);
  if (head === undefined || !ENCLOSING.test(head)) return false;
  const isNaming = NAMING.test(head);
  const said = isNaming ? before.replace(/^\s*case\s(?:.*,\s)?/, ' ') : before;
  // What stands behind parameters is a type.
  if (STATEMENT.test(said) || /(?:^|\s)case\s|(?:^|\s)(?!pub\()[\w.]+\([^)]*\)\s+$/.test(said)) return false;
  const isBare = said.trim() === '';
  if (isNaming && isBare && /^\s*(?:[(,={;]|$|\w+\s*=)/.test(after)) return true;
  if (isBare && TYPED_BEHIND.test(head) && /^\s*(?:\(|[*[]*\w)/.test(after)) return true;
  if (SIGNATURE.test(after)) return TYPED.test(said) ? !/\{\s*$/.test(after) : DECLARING.test(head);
  if (isBare) return /^\s*[?!]?:(?!:)/.test(after) || (ASSIGNED.test(after) && !/^\s*(?:end|local)\b/.test(said));
  return (TYPED.test(said) || /[$#]$/.test(said)) && DECLARED.test(after) && !CONSTANT.test(said.trim());
}

/** With nothing around it: types before the name, and a value, a size or parameters behind it, but no body. */
function isDeclaredAtTop(lines: readonly string[], at: number, before: string, after: string): boolean {
  // What a `typedef` that began further up ends with.
  if (/^\}\s*\*?$/.test(before) && /^\s*;/.test(after)) {
    for (let above = at - 1; above >= Math.max(0, at - LONGEST_BODY); above -= 1) {
      if (/^[A-Za-z]/.test(lines[above] ?? '')) return /^typedef\b/.test(lines[above] ?? '');
    }
  }
  if (!BEFORE.test(before) || STATEMENT.test(before) || !TYPED.test(before)) return false;
  return /^\s*(?:=(?![=>~])|;|\[[^\]]*\]\s*[;=]|\([^;{]*(?:[);]|,)\s*$)/.test(after);
}

/** The line that what stands in a line belongs to: the nearest above that is indented less and begins a head. */
function enclosing(lines: readonly string[], at: number): string | undefined {
  let own = indentOf(lines[at] ?? '');
  for (let above = at - 1; above >= Math.max(0, at - LONGEST_BODY) && own > 0; above -= 1) {
    const line = lines[above] ?? '';
    if (line.trim() === '' || indentOf(line) >= own) continue;
    if (!CONTINUED.test(line)) return line;
    // A brace on a line of its own stands as deep as the head above it.
    own = indentOf(line) + 1;
  }
  return undefined;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
