import { describe, expect, it, test } from 'vitest';
import { wordsIndex } from '../../support/words-index.ts';
import { askedTerms, terms } from '../../../src/memory/search/tokenize.ts';

/** Comments as people write them, in a file of code each. */
const FILES: Readonly<Record<string, string>> = {
  'de/steuer.ts': '/** Berechnet die Steuern, die auf eine Rechnung aufgeschlagen werden. */\nexport function f1(n) {}',
  'de/kunden.ts':
    '/** Meldet einen Kunden ab, wenn seine Sitzung abgelaufen ist; Ärgernisse werden nicht protokolliert. */\nf2()',
  'fr/factures.ts': '// Calcule les impôts des factures que le client a payées dans cette année.\nf3()',
  'es/usuarios.ts': '// Comprueba que los usuarios tienen una contraseña válida para esta sesión.\nf4()',
  'ru/nalog.ts': '// Вычисляет налоги по всем счетам покупателя.\nf5()',
  'ru/file.ts': '// Удаляет временные файлы после загрузки.\nf6()',
  'zh/shui.ts': '// 根据客户所在国家计算发票税额。\nf7()',
  'zh/login.ts': '// 用户登录失败三次后锁定账户。\nf8()',
  'ja/data.ts': '// データベースのデータを並べ替えてから返す。\nf9()',
  'ja/tax.ts': '// 請求書の消費税を計算する。\nf10()',
  'ko/user.ts': '// 사용자의 비밀번호를 확인한다.\nf11()',
  'ko/pay.ts': '// 주문의 총액을 계산해서 결제를 요청한다.\nf12()',
  'th/user.ts': '// ตรวจสอบรหัสผ่านของผู้ใช้ก่อนเข้าสู่ระบบ\nf13()',
  'th/order.ts': '// คำนวณราคาสินค้าทั้งหมดในคำสั่งซื้อ\nf14()',
  'vi/user.ts': '// Kiểm tra mật khẩu của người dùng trước khi đăng nhập\nf15()',
  'hi/tax.ts': '// ग्राहक के देश के अनुसार कर की गणना करता है\nf16()',
  'ar/user.ts': '// يتحقّق من كلمة المرور للمستخدم\nf17()',
  'he/user.ts': '// בודק את הסיסמה של המשתמש\nf18()',
  'el/user.ts': '// Ελέγχει τον κωδικό του χρήστη\nf19()',
  'en/invoice.ts': '/** Adds the tax of the country to an invoice. */\nexport function computeTotal(net) {}',
  'en/session.ts': '/** Ends the session of a user who has been idle. */\nexport function expireSession(user_name) {}',
  'en/upload.ts': '/** Rejects an upload that is larger than the limit. */\nexport function checkSize() {}',
};

function index(files: Readonly<Record<string, string>>): (question: string) => (string | undefined)[] {
  const paths = Object.keys(files);
  const find = wordsIndex(Object.values(files).map((text) => terms(text)));
  return (question) => {
    const words = askedTerms(question).flatMap(({ own, english }) => [...own, ...english]);
    return find(words, 3).map((at) => paths[at]);
  };
}

const ofLanguages = (isEnglish: boolean) =>
  Object.fromEntries(Object.entries(FILES).filter(([path]) => path.startsWith('en/') === isEnglish));
const find = index(ofLanguages(false));

describe('a question in the language of the comments', () => {
  test.each([
    ['Wo wird die Steuer einer Rechnung berechnet?', 'de/steuer.ts'],
    ['Wo werden die Rechnungen mit der Steuer berechnet?', 'de/steuer.ts'],
    ['Was geschieht mit dem Argernis?', 'de/kunden.ts'],
    ['Wie melden wir die Kunden ab?', 'de/kunden.ts'],
    ['Où est calculé l’impôt de la facture payée ?', 'fr/factures.ts'],
    ['Ou sont les factures et les impots ?', 'fr/factures.ts'],
    ['¿Dónde se comprueba la contraseña del usuario?', 'es/usuarios.ts'],
    ['Где вычисляется налог по счёту?', 'ru/nalog.ts'],
    ['Как удаляются временные файлы?', 'ru/file.ts'],
    ['发票的税是怎么计算的？', 'zh/shui.ts'],
    ['发票在哪里？', 'zh/shui.ts'],
    ['税额', 'zh/shui.ts'],
    ['登录失败怎么办', 'zh/login.ts'],
    ['データはどこで並べ替えられますか？', 'ja/data.ts'],
    ['ﾃﾞｰﾀﾍﾞｰｽ', 'ja/data.ts'],
    ['消費税の計算はどこですか？', 'ja/tax.ts'],
    ['비밀번호는 어디서 확인하나요?', 'ko/user.ts'],
    ['사용자가 누구인가요?', 'ko/user.ts'],
    ['결제는 어떻게 요청되나요?', 'ko/pay.ts'],
    ['รหัสผ่านตรวจสอบที่ไหน', 'th/user.ts'],
    ['ราคาสินค้าคำนวณอย่างไร', 'th/order.ts'],
    ['mật khẩu kiểm tra ở đâu', 'vi/user.ts'],
    ['mat khau nguoi dung', 'vi/user.ts'],
    ['कर की गणना कहाँ होती है', 'hi/tax.ts'],
    ['كلمة المرور', 'ar/user.ts'],
    ['הסיסמה', 'he/user.ts'],
    ['κωδικος χρηστη', 'el/user.ts'],
  ])('%s', (question, path) => {
    expect(find(question)[0]).toBe(path);
  });
});

describe('a question in another language than the code', () => {
  const english = index(ofLanguages(true));
  test.each([
    ['Wo wird die Steuer auf eine Rechnung berechnet?', 'en/invoice.ts'],
    ['Wann läuft die Sitzung eines Benutzers ab?', 'en/session.ts'],
    ['Wie groß darf eine hochgeladene Datei sein, wo ist die Größe begrenzt?', 'en/upload.ts'],
    ['Où est calculée la taxe de la facture ?', 'en/invoice.ts'],
    ['¿Dónde se calcula el impuesto de la factura?', 'en/invoice.ts'],
    ['Onde é calculado o imposto da fatura?', 'en/invoice.ts'],
    ['Dove si calcola la tassa della fattura?', 'en/invoice.ts'],
    ['Где вычисляется налог в счёте?', 'en/invoice.ts'],
    ['发票的税是怎么计算的？', 'en/invoice.ts'],
    ['用户会话什么时候过期？', 'en/session.ts'],
    ['請求書の税金はどこで計算されますか？', 'en/invoice.ts'],
    ['セッションの期限切れはどこ？', 'en/session.ts'],
    ['송장의 세금은 어디서 계산되나요?', 'en/invoice.ts'],
    ['사용자 세션은 언제 만료되나요?', 'en/session.ts'],
  ])('%s', (question, path) => {
    expect(english(question)[0]).toBe(path);
  });

  it('leaves an English question as it is', () => {
    for (const question of [
      'Where does the process die?',
      'Which version is in the table?',
      'How is an article sent?',
    ]) {
      expect(askedTerms(question).every(({ english: meant }) => meant.length === 0)).toBe(true);
    }
  });
});

describe('one name', () => {
  it.each(['userName', 'user_name', 'UserName', 'USER_NAME', 'username', 'usernames'])('is found as %s', (spelt) => {
    expect(terms(spelt)).toContain('usernam');
  });
});
