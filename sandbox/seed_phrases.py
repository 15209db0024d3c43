"""What clients and operators say besides their first question, by language: a client keeps to one of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """A language's small talk. `openings` are pairs of a greeting and the operator's reply to it."""

    openings: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]  # an operator's, to the question
    follow_ups: tuple[str, ...]  # a client's who waits
    chatter: tuple[str, ...]  # a client's at any time


PHRASES = {
    "en": Phrases(
        (
            ("Hello!", "Good afternoon, how can I help?"),
            ("Hi, I have a question about my order", "Of course, could you give me its number?"),
            ("Is anyone there?", "Yes, I am here. What happened?"),
            ("Good morning", "Good morning! I am checking it now."),
            ("Hello, I wrote yesterday", "I see it, thank you for waiting."),
        ),
        (
            "Done, you will get an e-mail in a few minutes.",
            "I have passed it on to our warehouse and will write to you today.",
            "Yes, that is possible.",
            "Thank you, I have added it to your order.",
            "Could you send me the order number, please?",
        ),
        ("Hello?", "Any news?", "I still have not heard from you", "Please answer, it is urgent 🙏"),
        (
            "Any news?",
            "Thank you!",
            "Ok, I will wait.",
            "Could you call me back?",
            "I sent the photo by e-mail.",
            "It works now.",
            "One more question, please",
            "And how long will that take?",
        ),
    ),
    "ru": Phrases(
        (
            ("Здравствуйте!", "Добрый день! Чем могу помочь?"),
            ("Добрый день, вопрос по заказу", "Подскажите, пожалуйста, номер заказа."),
        ),
        ("Сейчас проверю и вернусь к вам.", "Готово, письмо придёт через пару минут."),
        ("Вы здесь?", "Есть новости?"),
        ("Спасибо, жду.", "А сколько ждать?", "Перезвоните мне, пожалуйста.", "Хорошо, спасибо!"),
    ),
    "ar": Phrases(
        (("مرحبا", "أهلا بك، كيف يمكنني مساعدتك؟"),),
        ("سأتحقق من ذلك وأعود إليك.", "تم، ستصلك رسالة خلال دقائق."),
        ("هل من جديد؟", "أرجو الرد، الأمر عاجل"),
        ("شكرا", "حسنا، سأنتظر.", "متى بالضبط؟"),
    ),
    "pt": Phrases(
        (("Olá!", "Boa tarde, como posso ajudar?"),),
        ("Vou verificar e já volto.", "Pronto, o e-mail chega em alguns minutos."),
        ("Alguma novidade?", "Oi?"),
        ("Obrigado!", "Ok, eu espero.", "E quanto tempo demora?"),
    ),
    "fr": Phrases(
        (("Bonjour", "Bonjour, que puis-je faire pour vous ?"),),
        ("Je vérifie et je reviens vers vous.", "C'est fait, vous recevrez un e-mail sous peu."),
        ("Vous êtes là ?", "Des nouvelles ?"),
        ("Merci !", "D'accord, j'attends.", "Et quand exactement ?"),
    ),
    "de": Phrases(
        (("Guten Tag", "Guten Tag, wie kann ich helfen?"),),
        ("Ich prüfe das und melde mich heute noch.", "Erledigt, Sie bekommen gleich eine E-Mail."),
        ("Hallo?", "Gibt es etwas Neues?"),
        ("Danke!", "Gut, ich warte.", "Und wann genau?"),
    ),
    "es": Phrases(
        (("Hola, buenas", "Buenas tardes, ¿en qué puedo ayudarle?"),),
        ("Lo compruebo y le escribo hoy mismo.", "Listo, recibirá un correo en unos minutos."),
        ("¿Hay novedades?", "¿Sigue ahí?"),
        ("¡Gracias!", "Vale, espero.", "¿Y cuándo exactamente?"),
    ),
    "it": Phrases(
        (("Buongiorno", "Buongiorno, come posso aiutarla?"),),
        ("Controllo e le scrivo oggi.", "Fatto, riceverà un'e-mail tra poco."),
        ("C'è qualcuno?", "Novità?"),
        ("Grazie!", "Va bene, aspetto.", "E quando di preciso?"),
    ),
    "pl": Phrases(
        (("Dzień dobry", "Dzień dobry, w czym mogę pomóc?"),),
        ("Sprawdzę i napiszę jeszcze dziś.", "Gotowe, e-mail przyjdzie za kilka minut."),
        ("Halo?", "Czy coś już wiadomo?"),
        ("Dziękuję!", "Dobrze, poczekam.", "A kiedy dokładnie?"),
    ),
    "tr": Phrases(
        (("Merhaba", "Merhaba, nasıl yardımcı olabilirim?"),),
        ("Kontrol edip size döneceğim.", "Tamamdır, birkaç dakika içinde e-posta gelecek."),
        ("Bir gelişme var mı?", "Orada mısınız?"),
        ("Teşekkürler!", "Tamam, bekliyorum.", "Tam olarak ne zaman?"),
    ),
    "uk": Phrases(
        (("Добрий день", "Добрий день! Чим можу допомогти?"),),
        ("Зараз перевірю і напишу вам.", "Готово, лист надійде за кілька хвилин."),
        ("Ви тут?", "Є новини?"),
        ("Дякую!", "Добре, чекаю.", "А коли саме?"),
    ),
    "ro": Phrases(
        (("Bună ziua", "Bună ziua, cu ce vă pot ajuta?"),),
        ("Verific și revin astăzi.", "Gata, primiți un e-mail în câteva minute."),
        ("Alo?", "Aveți noutăți?"),
        ("Mulțumesc!", "Bine, aștept.", "Și când anume?"),
    ),
    "el": Phrases(
        (("Καλημέρα", "Καλημέρα σας, πώς μπορώ να βοηθήσω;"),),
        ("Θα το ελέγξω και θα σας γράψω.", "Έγινε, θα λάβετε e-mail σε λίγα λεπτά."),
        ("Είστε εκεί;", "Έχουμε νέα;"),
        ("Ευχαριστώ!", "Εντάξει, περιμένω.", "Και πότε ακριβώς;"),
    ),
    "vi": Phrases(
        (("Chào shop", "Chào bạn, mình có thể giúp gì ạ?"),),
        ("Mình kiểm tra rồi báo lại bạn nhé.", "Xong rồi ạ, bạn sẽ nhận được e-mail."),
        ("Shop ơi?", "Có tin gì chưa ạ?"),
        ("Cảm ơn shop!", "Vâng, mình chờ.", "Khi nào có ạ?"),
    ),
}
