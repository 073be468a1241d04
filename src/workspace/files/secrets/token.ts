import type { Keyword } from './finder.ts';
import type { SecretPlace } from './place.ts';
import rules from './rules.json' with { type: 'json' };
import { entropyOf, isPlaceholder } from './value.ts';

interface TokenRule {
  readonly title: string;
  readonly prefix: string;
  /** Sticky: tried at the prefix alone. */
  readonly pattern: RegExp;
  /** Bits per character below which it is an example. */
  readonly entropy: number;
}

/**
 * Formats that gitleaks lacks, or knows only in full length; a prefix that nothing else has is enough with eight
 * characters, so that a cut or an older token is masked too.
 */
const OWN: readonly (readonly [title: string, prefixes: string, rest: string])[] = [
  ['GitHub token', 'ghp_ gho_ ghu_ ghs_ ghr_ github_pat_', '[A-Za-z0-9_]{8,300}'],
  ['GitLab token', 'glpat- gldt- glptt- glrt- glcbt- glsoat-', '[\\w.-]{8,300}'],
  ['Slack token', 'xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xapp-', '[A-Za-z0-9-]{8,300}'],
  ['Slack webhook', 'hooks.slack.com/services/ hooks.slack.com/workflows/', '[A-Z][A-Za-z0-9_/]{15,100}'],
  ['Discord webhook', 'discord.com/api/webhooks/ discordapp.com/api/webhooks/', '\\d{15,20}/[\\w-]{30,100}'],
  ['Teams webhook', 'webhook.office.com/webhookb2/', '[\\w@/-]{60,250}'],
  ['Stripe token', 'sk_live_ sk_test_ rk_live_ rk_test_ sk_prod_ rk_prod_', '[A-Za-z0-9]{8,247}'],
  ['Stripe webhook secret', 'whsec_', '[A-Za-z0-9+/=]{16,100}'],
  ['AWS access key', 'AKIA ASIA', '[A-Z0-9]{16}(?![A-Za-z0-9+/=])'],
  ['Anthropic key', 'sk-ant-', '[\\w-]{16,200}'],
  ['OpenAI key', 'sk-proj- sk-svcacct- sk-admin-', '[\\w-]{16,300}'],
  ['OpenAI key', 'sk-', '(?=[A-Za-z]*\\d)[A-Za-z0-9]{32,64}(?![\\w-])'],
  ['OpenRouter key', 'sk-or-v1-', '[a-f0-9]{32,80}'],
  ['Google key', 'AIza', '[\\w-]{35}(?![\\w-])'],
  ['Google client secret', 'GOCSPX-', '[\\w-]{16,40}'],
  ['Google token', 'ya29.', '[\\w-]{20,2000}'],
  ['Google refresh token', '1//0', '[\\w-]{30,200}'],
  ['npm token', 'npm_', '(?=[A-Za-z]*\\d)[A-Za-z0-9]{36}(?!\\w)'],
  ['PyPI token', 'pypi-AgE', '[\\w-]{32,1000}'],
  ['crates.io token', 'cio', '(?=[A-Za-z]*\\d)[A-Za-z0-9]{32}(?!\\w)'],
  ['Docker token', 'dckr_pat_ dckr_oat_', '[\\w-]{16,80}'],
  ['HuggingFace token', 'hf_', '(?=[A-Za-z]*[A-Z])[A-Za-z0-9]{30,40}(?!\\w)'],
  ['Shopify token', 'shpat_ shpca_ shppa_ shpss_', '[a-fA-F0-9]{16,64}'],
  ['DigitalOcean token', 'dop_v1_ doo_v1_ dor_v1_', '[a-f0-9]{16,64}'],
  ['Square secret', 'sq0csp- sq0atp-', '[\\w-]{16,60}'],
  ['SendGrid token', 'SG.', '[\\w-]{16,32}\\.[\\w-]{16,64}'],
  ['Mailchimp key', 'key-', '[0-9a-f]{32}(?!\\w)'],
  ['Vault token', 'hvs. hvb. hvr.', '[\\w-]{20,300}'],
  ['Groq key', 'gsk_', '[A-Za-z0-9]{32,80}'],
  ['xAI key', 'xai-', '[A-Za-z0-9]{40,100}'],
  ['Replicate token', 'r8_', '[A-Za-z0-9]{32,50}'],
  ['NVIDIA key', 'nvapi-', '[\\w-]{40,100}'],
  ['Tavily key', 'tvly-', '[\\w-]{24,80}'],
  ['Supabase token', 'sbp_', '[a-f0-9]{40}'],
  ['Supabase key', 'sb_secret_', '[\\w-]{20,60}'],
  ['Figma token', 'figd_', '[\\w-]{30,60}'],
  ['Tailscale key', 'tskey-', '[\\w-]{20,80}'],
  ['PostHog key', 'phx_', '[A-Za-z0-9]{32,60}'],
  ['New Relic key', 'NRAK- NRII- NRRA-', '[A-Za-z0-9-]{24,60}'],
  ['Bitbucket token', 'ATCTT3 ATBB', '[\\w=-]{24,300}'],
  ['Netlify token', 'nfp_', '[A-Za-z0-9]{32,60}'],
  ['Pinecone key', 'pcsk_', '[\\w]{32,100}'],
  ['LangSmith key', 'lsv2_', '(?:pt|sk)_[\\w]{32,80}'],
  ['CircleCI token', 'CCIPAT_ CCIPRJ_', '[\\w]{30,90}'],
  ['Resend key', 're_', '[A-Za-z0-9]{8}_[A-Za-z0-9]{24}(?!\\w)'],
  ['Contentful token', 'CFPAT-', '[\\w-]{32,60}'],
  ['age key', 'AGE-SECRET-KEY-1', '[A-Z0-9]{20,60}'],
  ['JSON web token', 'eyJ', '[\\w-]{8,2000}\\.eyJ[\\w-]{8,4000}\\.[\\w-]{16,1000}'],
  ['Azure key', 'AccountKey=', '[A-Za-z0-9+/]{40,100}={0,2}'],
  ['Azure key', 'SharedAccessKey=', '[A-Za-z0-9+/]{40,100}={0,2}'],
  ['Azure signature', '&sig=', '[A-Za-z0-9%+/]{40,120}(?:=|%3D)?'],
  ['AWS signature', 'X-Amz-Signature=', '[0-9a-f]{64}'],
  ['Ethereum key', 'xprv', '[1-9A-HJ-NP-Za-km-z]{100,112}'],
];

/** Values that documentation of the formats shows; nobody owns them. */
const DOCUMENTED = /^eyJhbGciOiJ[\w-]+\.eyJzdWIiOiIxMjM0NTY3ODkw|^sk_test_(?:4eC39HqLyjWDarj|BQokikJOvBiI2HlWgH4olfQ2)/;

const known: readonly TokenRule[] = [
  ...rules.rules.map((rule) => ({
    title: rule.title,
    prefix: rule.prefix,
    pattern: new RegExp(rule.pattern, 'caseless' in rule ? 'iy' : 'y'),
    entropy: rule.entropy ?? 0,
  })),
  ...OWN.flatMap(([title, prefixes, rest]) =>
    prefixes.split(' ').map((prefix) => ({
      title,
      prefix,
      pattern: new RegExp(prefix.replace(/[.*+?/&=]/g, '\\$&') + rest, 'y'),
      entropy: 0,
    })),
  ),
];

export const tokenKeywords: readonly Keyword<TokenRule>[] = known.map((rule) => ({ text: rule.prefix, value: rule }));

const IN_TOKEN = /[\w+/=%~.-]/;

/** The token that begins at `at`, to its last character, even where it is longer than its format. */
export function tokenAt(
  text: string,
  at: number,
  { title, prefix, pattern, entropy }: TokenRule,
): SecretPlace | undefined {
  // In the middle of a word it is a part of base64 or of a longer name.
  if (/[A-Za-z0-9]/.test(prefix.charAt(0)) && /[A-Za-z0-9+]/.test(text.charAt(at - 1)) && !isEscape(text, at))
    return undefined;
  pattern.lastIndex = at;
  const found = pattern.exec(text)?.[0];
  if (found === undefined || DOCUMENTED.test(found) || entropyOf(found) < entropy) return undefined;
  const rest = found.slice(prefix.length);
  if (isPlaceholder(rest) || isWords(rest)) return undefined;
  let end = at + found.length;
  while (end < text.length && IN_TOKEN.test(text.charAt(end))) end++;
  while (/[.=]/.test(text.charAt(end - 1)) && end > at + found.length) end--;
  return { start: at, end, rule: title };
}

/** `token_prefix`, `key-name`: words that a person joined. */
function isWords(rest: string): boolean {
  return /^(?:[a-z]+[_-])*[a-z]+$/.test(rest) || /^(?:[A-Z]+[_-])+[A-Z]+$/.test(rest);
}

/** `\nghp_…` inside a string literal: the letter before is the end of an escape. */
function isEscape(text: string, at: number): boolean {
  return text.charAt(at - 2) === '\\' && /[nrt]/.test(text.charAt(at - 1));
}
