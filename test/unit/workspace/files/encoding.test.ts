import { describe, expect, it } from 'vitest';
import { decodeText } from '../../../../src/workspace/files/encoding.ts';
import { splitLines } from '../../../../src/workspace/segment/line.ts';

/** Words of two comments and their bytes, as Python's codecs of that name write them. */
const encoded = [
  [
    'shift-jis',
    '設定ファイルを読み込む',
    '90dd92e8837483408343838b82f093c782dd8d9e82de',
    '空行は無視する',
    '8bf38d7382cd96b38e8b82b782e9',
  ],
  [
    'euc-jp',
    '設定ファイルを読み込む',
    'c0dfc4eaa5d5a5a1a5a4a5eba4f2c6c9a4dfb9fea4e0',
    '空行は無視する',
    'b6f5b9d4a4cfccb5bbeba4b9a4eb',
  ],
  [
    'iso2022-jp',
    '設定ファイルを読み込む',
    '1b2442405f446a255525212524256b24724649245f397e24601b2842',
    '空行は無視する',
    '1b244236753954244f4c353b6b2439246b1b2842',
  ],
  [
    'euc-kr',
    '설정 파일을 읽는다',
    'bcb3c1a420c6c4c0cfc0bb20c0d0b4c2b4d9',
    '빈 줄은 건너뛴다',
    'baf320c1d9c0ba20b0c7b3cab6dab4d9',
  ],
  ['gb18030', '读取配置文件', 'b6c1c8a1c5e4d6c3cec4bcfe', '忽略空行', 'baf6c2d4bfd5d0d0'],
  ['big5', '讀取設定檔', 'c5aaa8fab35da977c0c9', '忽略空白行', 'a9bfb2a4aac5a5d5a6e6'],
  [
    'koi8-r',
    'Читает файл настроек',
    'fec9d4c1c5d420c6c1cacc20cec1d3d4d2cfc5cb',
    'пустые строки пропускаются',
    'd0d5d3d4d9c520d3d4d2cfcbc920d0d2cfd0d5d3cbc1c0d4d3d1',
  ],
  [
    'cp1251',
    'Читает файл настроек',
    'd7e8f2e0e5f220f4e0e9eb20ede0f1f2f0eee5ea',
    'пустые строки пропускаются',
    'eff3f1f2fbe520f1f2f0eeeae820eff0eeeff3f1eae0fef2f1ff',
  ],
  [
    'cp866',
    'Читает файл настроек',
    '97a8e2a0a5e220e4a0a9ab20ada0e1e2e0aea5aa',
    'пустые строки пропускаются',
    'afe3e1e2eba520e1e2e0aeaaa820afe0aeafe3e1aaa0eee2e1ef',
  ],
  [
    'latin-1',
    'Größe der Straße prüfen',
    '4772f6df65206465722053747261df65207072fc66656e',
    'Leere Zeilen überspringen',
    '4c65657265205a65696c656e20fc626572737072696e67656e',
  ],
  [
    'cp1252',
    'L’été, c’est déjà fini – “bien”',
    '4c92e974e92c2063926573742064e96ae02066696e69209620936269656e94',
    'Prix en € par pièce',
    '5072697820656e208020706172207069e86365',
  ],
  [
    'cp1250',
    'Wczytuje plik ustawień źródłowych',
    '57637a7974756a6520706c696b2075737461776965f1209f72f364b36f77796368',
    'pomija puste wiersze, żółć',
    '706f6d696a612070757374652077696572737a652c20bff3b3e6',
  ],
  [
    'cp1253',
    'Διαβάζει το αρχείο ρυθμίσεων',
    'c4e9e1e2dce6e5e920f4ef20e1f1f7e5dfef20f1f5e8ecdff3e5f9ed',
    'παραλείπει κενές γραμμές',
    'f0e1f1e1ebe5dff0e5e920eae5edddf220e3f1e1ececddf2',
  ],
  [
    'cp1254',
    'Ayar dosyasını okur',
    '4179617220646f73796173fd6efd206f6b7572',
    'boş satırları atlar, ğüşıöç',
    '626ffe20736174fd726c6172fd2061746c61722c20f0fcfefdf6e7',
  ],
  [
    'cp1255',
    'קורא את קובץ ההגדרות',
    'f7e5f8e020e0fa20f7e5e1f520e4e4e2e3f8e5fa',
    'מדלג על שורות ריקות',
    'eee3ece220f2ec20f9e5f8e5fa20f8e9f7e5fa',
  ],
  [
    'iso8859-2',
    'Používateľský manuál je tu, naozaj šťastný',
    '506f75beed76617465b5736bfd206d616e75e16c206a652074752c206e616f7a616a20b9bb6173746efd',
    'žiadne riadky sa nečítajú',
    'be6961646e6520726961646b79207361206e65e8ed74616afa',
  ],
  [
    'cp1250-sk',
    'Používateľský manuál je tu, naozaj šťastný',
    '506f759eed76617465be736bfd206d616e75e16c206a652074752c206e616f7a616a209a9d6173746efd',
    'žiadne riadky sa nečítajú',
    '9e6961646e6520726961646b79207361206e65e8ed74616afa',
  ],
  [
    'latin-1-it',
    'Vim è un editore, ed è più veloce di altri',
    '56696d20e820756e20656469746f72652c20656420e8207069f92076656c6f636520646920616c747269',
    'è una maniera elegante, può anche leggere',
    'e820756e61206d616e6965726120656c6567616e74652c207075f220616e636865206c656767657265',
  ],
  [
    'koi8-u',
    'Читає файл налаштувань',
    'fec9d4c1a420c6c1cacc20cec1ccc1dbd4d5d7c1ced8',
    'порожні рядки пропускаються',
    'd0cfd2cfd6cea620d2d1c4cbc920d0d2cfd0d5d3cbc1c0d4d8d3d1',
  ],
  [
    'cp1251-uk',
    'Читає файл налаштувань',
    'd7e8f2e0ba20f4e0e9eb20ede0ebe0f8f2f3e2e0edfc',
    'порожні рядки пропускаються',
    'efeef0eee6edb320f0ffe4eae820eff0eeeff3f1eae0fef2fcf1ff',
  ],
  [
    'iso8859-7',
    'Διαβάζει το αρχείο ρυθμίσεων',
    'c4e9e1e2dce6e5e920f4ef20e1f1f7e5dfef20f1f5e8ecdff3e5f9ed',
    'παραλείπει κενές γραμμές',
    'f0e1f1e1ebe5dff0e5e920eae5edddf220e3f1e1ececddf2',
  ],
  [
    'cp1256',
    'يقرأ ملف الإعدادات',
    'edded1c320e3e1dd20c7e1c5dacfc7cfc7ca',
    'يتخطى الأسطر الفارغة',
    'edcaced8ec20c7e1c3d3d8d120c7e1ddc7d1dbc9',
  ],
  ['cp874', 'อ่านไฟล์การตั้งค่า', 'cde8d2b9e4bfc5eca1d2c3b5d1e9a7a4e8d2', 'ข้ามบรรทัดว่าง', 'a2e9d2c1bac3c3b7d1b4c7e8d2a7'],
  ['utf-16-le', '設定ファイル', '2d8a9a5bd530a130a430eb30', 'é', 'e900'],
  ['utf-16-be', '設定ファイル', '8a2d5b9a30d530a130a430eb', 'é', '00e9'],
] as const;

const ascii = (text: string, unit: number) => Buffer.from(text, unit === 2 ? 'utf16le' : 'latin1');

/** A program with two comments, one far from the other; all but their words is ASCII. */
function program(label: string, first: string, second: string): Buffer {
  const plain = (text: string) => {
    const bytes = ascii(text, label.startsWith('utf-16') ? 2 : 1);
    return label === 'utf-16-be' ? bytes.swap16() : bytes;
  };
  return Buffer.concat([
    plain('import os\n\n# '),
    Buffer.from(first, 'hex'),
    plain(`\ndef load(path):\n    return open(path).read()\n\n\n${'class Store:\n    root = None\n\n'.repeat(60)}# `),
    Buffer.from(second, 'hex'),
    plain('\nx = 1\n'),
  ]);
}

describe('encodings', () => {
  it.each(encoded)('%s: %s', (label, one, first, two, second) => {
    const lines = splitLines(decodeText(program(label, first, second)) ?? '');
    expect(lines[2]).toBe(`# ${one}\n`);
    expect(lines.at(-2)).toBe(`# ${two}\n`);
    expect(lines).toHaveLength(189);
  });

  it.each(encoded)('%s in a short file', (label, one, first) => {
    if (label.startsWith('utf-16')) return;
    const bytes = Buffer.concat([ascii('/* ', 1), Buffer.from(first, 'hex'), ascii(' */\nint load;\n', 1)]);
    expect(decodeText(bytes)).toBe(`/* ${one} */\nint load;\n`);
  });

  it('UTF-16 with a mark, in both orders', () => {
    const little = Buffer.from('\uFEFFconst a = "Ä日";\r\n', 'utf16le');
    expect(decodeText(little)).toBe('const a = "Ä日";\r\n');
    expect(decodeText(Buffer.from(little).swap16())).toBe('const a = "Ä日";\r\n');
  });

  it('what the file declares counts before any guess', () => {
    const word = Buffer.from([0xe4, 0xee, 0xec]);
    const file = (head: string) => Buffer.concat([ascii(head, 1), word, ascii('\n', 1)]);
    expect(decodeText(file('# -*- coding: cp1251 -*-\n# '))).toMatch(/дом/);
    expect(decodeText(file('<?xml version="1.0" encoding="iso-8859-2"?>\n<!-- '))).toMatch(/äîě/);
    expect(decodeText(file('<meta charset="windows-1253">\n'))).toMatch(/δξμ/);
    expect(decodeText(file('# vim: set fileencoding=latin-1 :\n# '))).toMatch(/äîì/);
    expect(decodeText(file('@charset "koi8-r";\n/* '))).toMatch(/ДНЛ/);
  });

  it('one stray byte leaves the rest as UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('# Ünïcode 日本\n# José '),
      Buffer.from([0xe9]),
      Buffer.from('\nx = "é"\n'),
    ]);
    expect(decodeText(bytes)).toBe('# Ünïcode 日本\n# José é\nx = "é"\n');
    const ascii = Buffer.concat([
      Buffer.from('# Author: Jos'),
      Buffer.from([0xe9]),
      Buffer.from('\nx = 1\n'.repeat(50)),
    ]);
    expect(decodeText(ascii)).toMatch(/^# Author: José\n/);
  });

  it('UTF-8 that was cut inside of a letter keeps all before it', () => {
    expect(decodeText(Buffer.from('// a word, ü and the first byte of a letter: ä').subarray(0, -1))).toMatch(
      /^\/\/ a word, ü and/,
    );
  });

  it('bytes that are no text stay out', () => {
    const noise = (seed: number, length: number) =>
      Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 0xff);
    for (let seed = 1; seed <= 200; seed++) expect(decodeText(noise(seed * 977, 2000))).toBeUndefined();
    const floats = Buffer.from(Float32Array.from({ length: 500 }, (_, i) => Math.sin(i)).buffer);
    expect(decodeText(floats)).toBeUndefined();
    const integers = Buffer.from(Uint32Array.from({ length: 500 }, (_, i) => i * 7).buffer);
    expect(decodeText(integers)).toBeUndefined();
    const shorts = Buffer.from(Int16Array.from({ length: 3000 }, (_, i) => 300 * Math.sin(i / 9)).buffer);
    expect(decodeText(shorts)).toBeUndefined();
    expect(decodeText(Buffer.from('text with a \0 in it'))).toBeUndefined();
  });
});
