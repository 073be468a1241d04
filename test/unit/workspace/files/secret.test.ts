import { describe, expect, it } from 'vitest';
import { maskedSentence } from '../../../../src/workspace/files/masked.ts';
import { examineSecrets, isSecretContainer } from '../../../../src/workspace/files/secret.ts';
import { isCredentialName } from '../../../../src/workspace/files/secrets/name.ts';

const kindOf = (path: string, text: string) => examineSecrets(path, text).kind;

describe('masking', () => {
  it('makes one sentence of many places', () => {
    const masked = Array.from({ length: 7 }, (_, n) => ({ line: n + 1, rule: 'token' }));
    expect(maskedSentence(masked.slice(0, 1))).toBe('Read, with secrets masked in line 1 (token).');
    expect(maskedSentence(masked)).toMatch(/line 1 \(token\), .*5 \(token\) …\.$/);
  });
});

describe('content decides', () => {
  it('and not the name', () => {
    for (const name of ['secrets.yaml', '.env', 'prod.tfvars', '.envrc', 'id_rsa', 'auth.json', 'credentials']) {
      expect(kindOf(name, 'name = web\nport = 3000\n'), name).toBe('clean');
    }
    expect(kindOf('anything.yaml', 'kind: Config\nusers:\n- user:\n    password: qz83kfAA\n')).toBe('secret');
    for (const name of ['a.p12', 'b.jks', 'c.kdbx', 'd.keystore']) expect(isSecretContainer(name)).toBe(true);
    for (const name of ['a.pem', 'b.key', 'id_rsa', '.env']) expect(isSecretContainer(name)).toBe(false);
  });

  it.each([
    'password dbPassword DB_PASSWORD client-secret apiKey AWS_SECRET_ACCESS_KEY spring.datasource.password authToken2 PGPASSWORD',
    'secret_key_base GITHUB_TOKEN_PROD privateKey _authToken storageAccountKey PRIVATE_KEY_BASE64 encryptionKey',
  ])('names that are given secrets: %s', (names) => {
    for (const name of names.split(' ')) expect(isCredentialName(name), name).toBe(true);
  });

  it.each([
    'passwordField tokenType secretName publicKey primaryKey cacheKey max_tokens tokenizer nextPageToken keyboard author csrf_token',
    'PASSWORD_FILE token_url apiKeyHeader sortKey monkey compass bypass secretsManager authority tokens keys passwordLength',
  ])('names that are not: %s', (names) => {
    for (const name of names.split(' ')) expect(isCredentialName(name), name).toBe(false);
  });
});
