import { roleOf } from '../workspace/role.ts';
import type { Role } from '../workspace/role.ts';

/**
 * Factors on a share by the file's role, in fused rankings. A test and a changelog use the question's very words, but what
 * does the work is asked for; a question that names them lifts the factor.
 */
export const ROLES: Readonly<Record<Role, { readonly factor: number; readonly named: RegExp }>> = {
  source: { factor: 1, named: /$^/ },
  configuration: { factor: 0.6, named: /\b(?:config\w*|settings?|ci|workflow|package|dependenc\w+|build)\b/i },
  example: { factor: 0.5, named: /\b(?:examples?|samples?|demo|benchmarks?)\b/i },
  documentation: { factor: 0.5, named: /\b(?:docs?|documentation|readme|guide|install\w*|licen[sc]e)\b/i },
  test: { factor: 0.3, named: /\b(?:tests?|tested|testing|specs?|fixtures?|assert\w*)\b/i },
  changelog: { factor: 0.1, named: /\b(?:change ?log|history|release\w*|versions?|since|changed)\b/i },
};

/** The factor of one file's role for a question: 1 where the question names the role. */
export function roleFactor(path: string, question: string): number {
  const { factor, named } = ROLES[roleOf(path)];
  return named.test(question) ? 1 : factor;
}
