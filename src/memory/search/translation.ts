import type { Language } from './language.ts';

/**
 * Everyday words of programs in other languages. Code and its comments are mostly English, and a model that was trained
 * on code hardly knows that Steuer is tax; the words that any project has are few. English first, then de, fr, es, pt,
 * it, ru, zh, ja, ko; several are separated by blanks. Words in Latin and Cyrillic letters are beginnings, without
 * marks.
 */
const TABLE = `
tax | steuer | impot taxe | impuesto | imposto | tassa impost | налог | 税 | 税金 税 | 세금
invoice bill | rechnung | factur | factura | fatura | fattur | счет | 发票 账单 | 請求書 | 청구서 송장
compute calculate | berechn kalkul | calcul | calcul | calcul | calcol | вычисл рассчит расчет | 计算 | 計算 | 계산
user | benutzer nutzer anwender | utilisateur | usuario | usuario | utente utenti | пользовател | 用户 | ユーザー ユーザ | 사용자
customer client | kunde kunden | client | cliente | cliente | cliente clienti | клиент | 客户 顾客 | 顧客 | 고객
login sign auth | anmeld login einlogg | connexion connect | iniciar autentic | entrar login autentic | accesso accede autentic | вход войти авториз | 登录 登陆 | ログイン | 로그인
logout | abmeld auslogg | deconnexion deconnect | cerrar | sair | disconnett | выход | 登出 注销 | ログアウト | 로그아웃
password | passwort kennwort | passe | contrasena | senha | password | парол | 密码 | パスワード | 비밀번호
session | sitzung | session | sesion | sessao | sessione | сесси | 会话 | セッション | 세션
error exception | fehler ausnahme | erreur exception | error excepcion | erro excec | errore errori eccezion | ошибк исключен | 错误 异常 | エラー 例外 | 오류 에러 예외
test | test | test | prueba test | teste | test prova | тест | 测试 | テスト | 테스트
file | datei | fichier | archivo fichero | arquivo ficheiro | file | файл | 文件 | ファイル | 파일
folder directory | ordner verzeichnis | dossier repertoire | carpeta directorio | pasta diretorio | cartella | папк каталог | 文件夹 目录 | フォルダ ディレクトリ | 폴더 디렉터리
path | pfad | chemin | ruta | caminho | percorso | путь пути | 路径 | パス | 경로
read | lese liest gelesen einles | lire lit lecture | leer lee lectura | ler leitura | legge letto lettura | чита чтени | 读取 读 | 読み込 読む | 읽
write | schreib geschrieben | ecri | escrib | escrev grava | scriv scritt | запис пиш | 写入 写 | 書き込 書く | 쓰기 작성
save store persist | speicher gespeichert sicher | enregistr sauvegard stock | guard almacen | salv armazen guard | salv memorizz | сохран хран | 保存 存储 | 保存 | 저장
load | lade geladen | charge | carga | carrega | carica | загруз | 加载 | 読み込 ロード | 로드 불러
delete remove | losch geloscht entfern | supprim | elimin borra | exclu remov apag | elimin cancell rimuov | удал | 删除 移除 | 削除 | 삭제 제거
create make new | erstell erzeug anleg angelegt | creer cree creation | crea | cria | crea | созда | 创建 新建 | 作成 生成 | 생성 만들
update change | aktualisier ander geandert | mettre jour modif | actualiz | atualiz | aggiorn | обнов измен | 更新 修改 | 更新 変更 | 수정 업데이트 변경
add | hinzufug hinzugefugt addier | ajout | anadi agrega suma | adiciona soma | aggiung | добав | 添加 增加 | 追加 | 추가
search find | such gesucht find | cherch recherch | busca busqueda | busca procura | cerca ricerca | поиск найти ищ | 搜索 查找 | 検索 | 검색 찾
sort order | sortier | tri trie trier | orden | orden | ordin | сортир | 排序 | 並べ替え ソート | 정렬
filter | filter gefiltert | filtr | filtr | filtr | filtr | фильтр | 过滤 筛选 | フィルタ 絞り込 | 필터
list | liste auflist | liste | lista | lista | lista elenco | список | 列表 | 一覧 リスト | 목록
order | bestell auftrag | commande | pedido | pedido | ordine ordini | заказ | 订单 | 注文 | 주문
cart basket | warenkorb | panier | carrito cesta | carrinho | carrello | корзин | 购物车 | カート | 장바구니
product item article | produkt artikel ware | produit article | producto articulo | produto artigo | prodotto prodotti articol | товар продукт | 商品 产品 | 商品 製品 | 상품 제품
price | preis | prix | precio | preco | prezzo prezzi | цен | 价格 | 価格 | 가격
payment pay | zahl bezahl | paie payer paye | pago pagar | pagamento pagar | pagament pagar | оплат плат | 支付 付款 | 支払 決済 | 결제 지불
discount | rabatt | remise reduction rabais | descuento | desconto | sconto sconti | скидк | 折扣 | 割引 | 할인
amount total sum | betrag summe gesamt | montant total somme | importe total suma | valor total soma | importo totale somma | сумм итог | 金额 总额 总计 | 金額 合計 | 금액 합계
money currency | geld wahrung | argent monnaie devise | dinero moneda | dinheiro moeda | denaro valuta | деньг валют | 货币 | 通貨 | 통화
send | send gesendet schick verschick | envoi envoy | envia | envia | invia | отправ | 发送 | 送信 | 전송 보내
receive get | empfang erhalt | recev recoi | recib | receb | riceve | получ | 接收 获取 | 受信 取得 | 수신 받
message | nachricht meldung | messag | mensaje | mensagem mensagens | messagg | сообщен | 消息 | メッセージ | 메시지
mail email | mail | courriel mail | correo | correio email | posta mail | почт письм | 邮件 邮箱 | メール | 메일 이메일
notification notify | benachrichtig | notif | notific | notific | notific | уведомл | 通知 | 通知 | 알림
request | anfrage anforder | requete demande | solicitud peticion | requisic solicit pedido | richiest | запрос | 请求 | リクエスト 要求 | 요청
response answer | antwort | repons | respuesta | resposta | rispost | ответ | 响应 返回 | レスポンス 応答 | 응답
server | server | serveur | servidor | servidor | server | сервер | 服务器 | サーバー サーバ | 서버
client | client | client | cliente | cliente | client | клиент | 客户端 | クライアント | 클라이언트
database | datenbank | donnees | datos base | dados banco | database dati | баз данн | 数据库 | データベース | 데이터베이스
table | tabelle | table tableau | tabla | tabela | tabella tabelle | таблиц | 表 | テーブル 表 | 테이블 표
column field | spalte feld | colonne champ | columna campo | coluna campo | colonna campo | колонк пол столб | 列 字段 | 列 フィールド | 열 필드
query | abfrage | requete | consulta | consulta | interrogazion query | запрос | 查询 | クエリ 問い合わせ | 쿼리 조회
connection connect | verbind | connexion connect | conexion conect | conexao conect | conness | соедин подключ | 连接 | 接続 | 연결
cache | cache zwischenspeicher | cache | cache | cache | cache | кэш кеш | 缓存 | キャッシュ | 캐시
config configuration settings | konfig einstell | config paramet reglage | config ajuste | config | config impostaz | конфиг настрой | 配置 设置 | 設定 構成 | 설정 구성
start run | start gestartet ausfuhr ausgefuhrt | demarr lance exec | inici arranc ejecut | inicia execut | avvi esegu | запус старт | 启动 运行 开始 | 起動 実行 開始 | 시작 실행
stop end | stopp beend anhalt | arret | deten para termin | para termin | ferma arrest termin | останов заверш | 停止 结束 | 停止 終了 | 중지 종료
install | install | install | instal | instal | install | установ | 安装 | インストール | 설치
build compile | bau gebaut ubersetz kompilier | constru compil | constru compil | constru compil | costru compil | сборк собра компил | 构建 编译 | ビルド コンパイル | 빌드 컴파일
deploy | bereitstell ausroll | deploi | despleg | implant | distribu | разверт деплой | 部署 | デプロイ | 배포
version release | version | version | version | versao | version | верси | 版本 | バージョン | 버전
parse | parse zerleg einles | analys pars | analiz parse | analis parse | analizz parse | парс разбор разбир | 解析 | 解析 パース | 파싱 분석
validate check | pruf validier uberpruf gepruft | valid verif control | valid verif comprob | valid verif | valid verific control | провер валид | 验证 校验 检查 | 検証 確認 | 검증 확인 유효성
encrypt | verschlussel | chiffr crypt | cifra encript | criptograf cifra | cifra crittograf | шифр | 加密 | 暗号化 | 암호화
decrypt | entschlussel | dechiffr decrypt | descifra desencript | descriptograf decifra | decifra decritt | расшифр дешифр | 解密 | 復号 | 복호화
permission role access right | berechtig recht rolle zugriff | permission droit role acces | permiso rol acceso | permiss papel acesso | permess ruol accesso | прав роль доступ разреш | 权限 角色 访问 | 権限 役割 アクセス | 권한 역할 접근
token | token | jeton | token | token | token | токен | 令牌 | トークン | 토큰
key | schlussel | cle cles clef | clave llave | chave | chiave chiavi | ключ | 密钥 键 | 鍵 キー | 키
name | name namen benannt | nom noms nomme | nombre | nome | nome nomi | имя имен назван | 名称 名字 | 名前 名称 | 이름
address | adresse | adresse | direccion | endereco | indirizz | адрес | 地址 | 住所 アドレス | 주소
country | land lander | pays | pais | pais | paese paesi | стран | 国家 | 国 | 국가 나라
language | sprache | langue | idioma lengua | idioma lingua | lingua lingue | язык | 语言 | 言語 | 언어
date day | datum tag | date jour | fecha dia | data dia | data giorno | дат ден | 日期 | 日付 | 날짜
time | zeit uhrzeit | temps heure | tiempo hora | tempo hora | tempo ora | врем | 时间 | 時間 時刻 | 시간
year month | jahr monat | annee mois | ano mes | ano mes | anno mese | год месяц | 年 月 | 年 月 | 연도 월
image picture | bild bilder | image | imagen | imagem imagens | immagin | изображен картин | 图片 图像 | 画像 | 이미지
color | farbe | couleur | color | cor cores | color | цвет | 颜色 | 色 | 색상 색
button | knopf schaltflache button | bouton | boton | botao | pulsant botton | кнопк | 按钮 | ボタン | 버튼
page | seite | page | pagina | pagina | pagina | страниц | 页面 | ページ | 페이지
form input | formular eingabe | formulaire saisie | formulario entrada | formulario entrada | modulo inserim | форм ввод | 表单 输入 | フォーム 入力 | 양식 입력
window | fenster | fenetre | ventana | janela | finestra finestre | окн | 窗口 | ウィンドウ | 창 윈도우
menu | menu | menu | menu | menu | menu | меню | 菜单 | メニュー | 메뉴
view display show render | ansicht anzeig angezeigt darstell | affich vue | vista muestra mostr | exib mostra | visualizz mostra | отображ показ | 显示 视图 渲染 | 表示 ビュー | 표시 보기 렌더
style | stil gestalt | style | estilo | estilo | stile | стил | 样式 | スタイル | 스타일
download | herunterlad heruntergeladen download | telecharg | descarg | baixa descarreg | scaric | скач загруз | 下载 | ダウンロード | 다운로드
upload | hochlad hochgeladen upload | televers upload | subi subida | envia upload | caric | выгруз загруз | 上传 | アップロード | 업로드
export | export | export | export | export | esport | экспорт | 导出 | エクスポート 出力 | 내보내
import | import | import | import | import | import | импорт | 导入 | インポート 取り込 | 가져오
convert transform | umwandl konvertier umrechn | convert transform | convert transform | convert transform | convert trasform | преобраз конверт | 转换 | 変換 | 변환
format | format | format | format | format | format | формат | 格式 | 形式 フォーマット | 형식 포맷
count number | zahl anzahl nummer | nombre compt numero | numero cont | numero cont | numero cont | числ колич номер счетч | 数量 计数 号码 | 数 番号 | 개수 숫자 번호
size length | grosse lange | taille longueur | tamano longitud | tamanho comprimento | dimension lunghezza | размер длин | 大小 长度 | サイズ 長さ | 크기 길이
limit maximum | grenze maximal limit | limite maxim | limite maxim | limite maxim | limite massim | лимит огранич максим | 限制 最大 | 制限 上限 最大 | 제한 최대
random | zufall zufallig | aleatoire hasard | aleatori azar | aleatori | casual | случайн | 随机 | ランダム 乱数 | 무작위 랜덤
queue | warteschlange | file attente | cola | fila | coda code | очеред | 队列 | キュー 待ち行列 | 큐 대기열
thread | thread faden | fil thread | hilo | thread | thread | поток | 线程 | スレッド | 스레드
process | prozess verarbeit | processus trait | proces | process | process elabor | процесс обраб | 进程 处理 | プロセス 処理 | 프로세스 처리
event | ereignis | evenement | evento | evento | evento eventi | событ | 事件 | イベント | 이벤트
log logging | protokoll log | journal log | registro log | registro log | registr log | журнал лог | 日志 | ログ 記録 | 로그 기록
debug | debug | debog | depur | depur | debug | отлад | 调试 | デバッグ | 디버그 디버깅
retry again | wiederhol erneut | reessai nouveau | reintent | repet tentar | riprov ripet | повтор | 重试 | 再試行 リトライ | 재시도
timeout expire | ablauf abgelaufen zeituber | expir delai | expir caduc | expir | scad | истек таймаут просроч | 超时 过期 | タイムアウト 期限切れ | 만료 타임아웃
lock | sperr gesperrt | verrou | bloque | bloque trava | blocc | блокир | 锁 锁定 | ロック | 잠금
memory | speicher | memoire | memoria | memoria | memoria | памят | 内存 | メモリ | 메모리
network | netzwerk netz | reseau | red redes | rede | rete | сет | 网络 | ネットワーク | 네트워크
route routing | route | route routage | ruta | rota | rotta rotte instrad | маршрут | 路由 | ルート ルーティング | 라우트 라우팅
function method | funktion methode | fonction methode | funcion metodo | funcao metodo | funzion metod | функц метод | 函数 方法 | 関数 メソッド | 함수 메서드
class type | klasse typ | classe type | clase tipo | classe tipo | classe tipo | класс тип | 类 类型 | クラス 型 | 클래스 타입
variable value | variable wert | variable valeur | variable valor | variavel valor | variabil valore | переменн значен | 变量 值 | 変数 値 | 변수 값
interface | schnittstelle | interface | interfaz | interface | interfaccia | интерфейс | 接口 界面 | インターフェース | 인터페이스
dependency | abhangig | dependan | dependenci | dependenci | dipenden | зависим | 依赖 | 依存 | 의존성
subscriber subscribe subscription | abonn | abonn | suscri | assina inscri | abbon iscri | подпис | 订阅 | 購読 サブスク | 구독
publish | veroffentlich publizier | publi | public | public | pubblic | публик | 发布 | 公開 発行 | 게시 발행
comment | kommentar | commentaire | comentario | comentario | comment | коммент | 评论 注释 | コメント | 댓글 주석
account | konto konten | compte | cuenta | conta | conto account | аккаунт учетн | 账户 账号 | アカウント 口座 | 계정
device | gerat | appareil | dispositivo | dispositivo | dispositiv | устройств | 设备 | デバイス 端末 | 장치 기기
`;

const COLUMNS = ['de', 'fr', 'es', 'pt', 'it', 'ru', 'zh', 'ja', 'ko'] as const;
type Column = (typeof COLUMNS)[number];

interface Entry {
  readonly word: string;
  readonly english: readonly string[];
}

/** Beginnings with fewer letters are the whole word. */
const SHORTEST_BEGINNING = 4;
/** German writes words in one; a beginning with so many letters is found inside one too. */
const SHORTEST_INSIDE = 6;

const ENTRIES: ReadonlyMap<Column, readonly Entry[]> = new Map(
  COLUMNS.map((column, at) => {
    const entries = TABLE.trim()
      .split('\n')
      .flatMap((line) => {
        const [english = '', ...others] = line.split(' | ');
        return (others[at] ?? '').split(' ').map((word) => ({ word, english: english.split(' ') }));
      });
    return [column, entries.sort((a, b) => b.word.length - a.word.length)];
  }),
);

/** A word of another language, and the English ones that it means in a program. */
export interface Translation {
  readonly said: string;
  readonly english: readonly string[];
}

/**
 * What a word means in English.
 *
 * @param word in small letters, without marks; a run of Chinese, Japanese or Korean may hold several words
 * @param language of the question, where its words are in Latin letters
 */
export function translate(word: string, language: Language | undefined): Translation[] {
  if (/\p{Script=Hangul}/u.test(word)) return inside(word, ['ko']);
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(word)) return inside(word, ['ja']);
  if (/\p{Script=Han}/u.test(word)) return inside(word, ['zh', 'ja']);
  if (/^\p{Script=Cyrillic}+$/u.test(word)) return beginning(word, 'ru');
  if (language === undefined || language === 'nl' || !/^\p{Script=Latin}+$/u.test(word)) return [];
  return beginning(word, language);
}

function beginning(word: string, column: Column): Translation[] {
  const entries = ENTRIES.get(column) ?? [];
  const isCompound = column === 'de' && word.length > SHORTEST_INSIDE;
  const fits = ({ word: known }: Entry) =>
    known.length < SHORTEST_BEGINNING
      ? word === known
      : word.startsWith(known) || (isCompound && known.length >= SHORTEST_INSIDE && word.includes(known));
  const found = entries.filter(fits);
  // A longer beginning knows better: "zahlung" is a payment and no number.
  const [first] = found;
  const kept = isCompound ? found : found.filter(({ word: known }) => known === first?.word);
  return kept.map(({ word: said, english }) => ({ said, english }));
}

function inside(run: string, columns: readonly Column[]): Translation[] {
  let rest = run;
  const found: Translation[] = [];
  for (const column of columns) {
    for (const { word, english } of ENTRIES.get(column) ?? []) {
      if (!rest.includes(word)) continue;
      found.push({ said: word, english });
      rest = rest.replaceAll(word, ' ');
    }
  }
  return found;
}
