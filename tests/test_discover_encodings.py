"""Legacy encodings: a few short comments among ASCII are enough to recognize them."""

from __future__ import annotations

import random
import time

import pytest

from codelode.discover.charset import readings
from codelode.discover.decode import NoText, Text, decode

# These comments do not come from the texts that `letters.tsv` was made from.
COMMENTS = {
    "russian": """
        Получить имя пользователя|Проверка остатка на складе|Список заказов пуст|не трогать
        Загрузка настроек из файла|Ошибка подключения к базе|Цикл по всем строкам
        Вернуть результат|удалить лишние пробелы|временное решение|Считаем сумму налога
        Преобразовать дату в строку|Если корзина пуста|новый покупатель|НЕ УДАЛЯТЬ
        Обработчик нажатия кнопки|Сортировка по цене|повторить запрос через минуту
        Создать папку для отчётов|закрыть соединение""",
    "japanese": """
        税率を計算する|ユーザー名を取得|在庫が足りない場合|注文一覧を返す
        設定ファイルを読み込む|データベースに接続できません|すべての行を処理|結果を返す
        余分な空白を削除|一時的な対応|日付を文字列に変換|カートが空の場合|新しい顧客を登録
        削除しないでください|ボタンが押された時|価格順に並べ替え|一分後に再試行
        レポート用のフォルダを作成|接続を閉じる|初期化処理""",
    "chinese": """
        计算税率|获取用户名|库存不足时|返回订单列表|读取配置文件|无法连接数据库|处理所有行
        返回结果|删除多余空格|临时解决方案|将日期转换为字符串|如果购物车为空|注册新客户
        请勿删除|按钮点击事件|按价格排序|一分钟后重试|创建报表目录|关闭连接|初始化变量""",
    "turkish": """
        kullanıcı adını al|stok yetersizse|sipariş listesini döndür|ayarları dosyadan oku
        veritabanına bağlanılamadı|bütün satırları işle|sonucu döndür|fazla boşlukları sil
        geçici çözüm|tarihi yazıya çevir|sepet boşsa|yeni müşteri kaydı|lütfen silmeyin
        düğmeye basıldığında|fiyata göre sırala|bir dakika sonra yeniden dene
        bağlantıyı kapat|değişken tanımı|İşlem başarısız|döngü başlangıcı""",
    "korean": """
        세율 계산|사용자 이름 가져오기|재고가 부족한 경우|주문 목록 반환|설정 파일 읽기
        데이터베이스에 연결할 수 없음|모든 행 처리|결과 반환|불필요한 공백 제거|임시 해결책
        날짜를 문자열로 변환|장바구니가 비어 있으면|새 고객 등록|삭제하지 마세요
        버튼을 눌렀을 때|가격순 정렬|연결 종료""",
    "german": """
        Größe des Puffers|Prüfung der Zähler|ungültige Übergabe|Rückgabewert für Fehler
        löscht überflüssige Leerzeichen|vorläufige Lösung|Verfügbarkeit prüfen
        Schlüssel gehört dazu|Menü öffnen|häufigste Einträge zuerst|Länge überschritten
        Änderung rückgängig machen""",
    "french": """
        numéro de l'élément|vérifie la clé|paramètre invalide|répète après un délai|réglé
        l'utilisateur n'existe pas déjà|première étape|à supprimer|fenêtre fermée
        où créer le répertoire|voilà le résultat|chaîne trop longue|mémoire épuisée
        déconnecté""",
    "spanish": """
        número de página|función no válida|tamaño máximo|contraseña incorrecta|añadir línea
        última sesión|código de país|dirección del cliente|configuración básica
        búsqueda rápida""",
    "polish": """
        pobierz nazwę użytkownika|brak połączenia z bazą|usuń zbędne spacje
        błąd odczytu pliku|zwróć wynik|sprawdź dostępność|jeśli koszyk jest pusty
        rozwiązanie tymczasowe|zamknij połączenie|następny wiersz|długość ciągu znaków
        nieprawidłowa wartość""",
    "czech": """
        načti jméno uživatele|připojení se nezdařilo|odstranit přebytečné mezery
        vrať výsledek|chyba při čtení souboru|dočasné řešení|zkontroluj dostupnost
        pokud je košík prázdný|další řádek|uzavřít spojení|neplatná hodnota|délka řetězce""",
    "greek": """
        όνομα χρήστη|σφάλμα σύνδεσης|διαγραφή κενών|επιστροφή αποτελέσματος|προσωρινή λύση
        άδειο καλάθι|νέος πελάτης|κλείσιμο σύνδεσης|ταξινόμηση κατά τιμή|επόμενη γραμμή""",
}
CASES = [
    ("shift_jis", "japanese"),
    ("euc_jp", "japanese"),
    ("gbk", "chinese"),
    ("koi8_r", "russian"),
    ("cp1251", "russian"),
    ("cp866", "russian"),
    ("cp1254", "turkish"),
    ("euc_kr", "korean"),
    ("latin-1", "german"),
    ("latin-1", "french"),
    ("latin-1", "spanish"),
    ("cp1250", "polish"),
    ("iso8859_2", "polish"),
    ("cp1250", "czech"),
    ("cp1253", "greek"),
]
FILES = 60


def comments(language: str) -> list[str]:
    return [part.strip() for part in COMMENTS[language].replace("\n", "|").split("|") if part]


def source(found: list[str]) -> str:
    lines = [f"    value_{i} = compute({i})  # {text}\n" for i, text in enumerate(found)]
    return "import os\n\n\ndef main():\n" + "".join(lines) + "    return os.name\n"


def wrong(encoding: str, language: str, count: int) -> float:
    """Return the share of wrongly decoded files, among files with `count` comments each."""
    chance = random.Random(f"{encoding} {language} {count}")
    mistakes = 0
    for _ in range(FILES):
        text = source(chance.sample(comments(language), count))
        found = decode(text.encode(encoding))
        mistakes += not (isinstance(found, Text) and found.text.decode() == text)
    return mistakes / FILES


@pytest.mark.parametrize(("encoding", "language"), CASES)
def test_two_short_comments_are_enough(encoding: str, language: str) -> None:
    assert wrong(encoding, language, 1) <= 0.25  # 3 of 12 Polish comments have one non-ASCII letter
    assert wrong(encoding, language, 2) <= 0.05
    assert wrong(encoding, language, 3) <= 0.02


@pytest.mark.parametrize(("encoding", "language"), CASES)
def test_all_comments_together(encoding: str, language: str) -> None:
    text = source(comments(language))
    found = decode(text.encode(encoding))
    assert isinstance(found, Text)
    assert found.text.decode() == text


@pytest.mark.parametrize("name", ["Jörg", "José", "André", "Müller", "Bjørn", "Ångström", "Øyvind"])
def test_names_in_headers_are_western(name: str) -> None:
    text = f"/*\n * Copyright (C) 1998 {name} Smith <smith@example.org>\n */\nint x;\n"
    assert decode(text.encode("latin-1")) == Text(text.encode(), "cp1252")


@pytest.mark.parametrize("sign", "©®°±µ§«»·×£½")
def test_signs_are_western(sign: str) -> None:
    text = f"/* {sign} 1998, 10{sign} */\nint x;\n"
    found = decode(text.encode("latin-1"))
    assert isinstance(found, Text)
    assert found.text.decode() == text


JAPANESE = "税率を計算する\nprint('データ')  # 注文一覧を返す\n"


@pytest.mark.parametrize("encoding", ["iso2022_jp", "iso2022_jp_1", "iso2022_jp_ext"])
def test_iso_2022_jp(encoding: str) -> None:
    assert decode(JAPANESE.encode(encoding)) == Text(JAPANESE.encode(), "iso2022-jp-ext")


def test_iso_2022_kr() -> None:
    text = "# 세율 계산\nx = 1\n"
    assert decode(text.encode("iso2022_kr")) == Text(text.encode(), "iso2022-kr")


@pytest.mark.parametrize(
    "text", ["\x1b$B is an escape\n", "print('\x1b[31m')\n", "\x1b$)C \x0e\x0f\n"]
)
def test_escapes_that_are_no_encoding(text: str) -> None:
    found = decode(text.encode())
    assert isinstance(found, NoText) or found.encoding == "utf-8"


WIDE = {
    "han": "如果用户不存在就返回空列表，否则返回用户的订单。\n" * 3 + "x = 1\n",
    "traditional": "如果使用者不存在就傳回空的清單，否則傳回訂單。\n" * 3,
    "japanese": JAPANESE * 3,
    "korean": "사용자가 없으면 빈 목록을 반환한다\nx = 1\n" * 3,
    "russian": "Получить имя пользователя\nx = 1\n" * 3,
    "ascii": "class Size { int x; }\r\n" * 3,
    "mixed": "int größe = 0; // Größe 𝒳\n" * 3,
    "one line": "税率 = 0.1\n",
    "long": ("x" * 4095 + "𝒳") * 3,
}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("kind", WIDE)
def test_wide_encodings_without_a_mark(kind: str, encoding: str) -> None:
    text = WIDE[kind]
    assert decode(text.encode(encoding)) == Text(text.encode(), encoding)


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_no_wide_text(seed: int) -> None:
    chance = random.Random(seed)
    noise = chance.randbytes(4000) + b"\0"
    small = b"".join(chance.randrange(5000).to_bytes(2, "little") for _ in range(500))
    for data in (noise, small, b"\0" * 400, bytes(range(256)) * 4):
        assert isinstance(decode(data), NoText)


def test_noise_beyond_ascii_is_refused() -> None:
    chance = random.Random(7)
    noise = bytes(chance.randrange(0x80, 0x100) for _ in range(3000))
    assert isinstance(decode(noise), NoText)


def test_a_large_legacy_file_costs_little() -> None:
    data = (source(comments("japanese")) * 500).encode("shift_jis")
    hostile = bytes([0x81, 0x40, 0xE0]) * 300_000
    began = time.process_time()
    decode(data)
    decode(hostile)
    readings(data[:4096])
    assert time.process_time() - began < 2
