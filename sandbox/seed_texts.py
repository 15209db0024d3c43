"""Who writes to the demonstration's lines, in which language, and with what question."""

DIALOG_LINES = (
    (2, "livechat"),
    (3, "telegrambot"),
    (5, "whatsappbytwilio"),
    (8, "fbinstagramdirect"),
    (11, "facebook"),
    (14, "telegrambot"),
    (2, "viber"),
    (5, "whatsappbyedna"),
)

STAFF_CHATS = (
    ("Support team", "Who takes the evening shift on Friday?", 25),
    ("Company news", "The new returns policy is on the drive.", 190),
    ("", "Lunch at one?", 80),
)

CLIENTS = (
    ("ru", "Olga Petrova", "Добрый день! Подскажите, когда приедет курьер?"),
    ("en", "James Whitfield", "The invoice shows the wrong VAT number."),
    ("ar", "Fatima Al-Zahra", "مرحبا، متى سيصل طلبي؟ دفعت بالأمس."),
    ("pt", "Lucas Ferreira", "Oi! O código de desconto não funciona no carrinho"),
    ("fr", "Chloé Dubois", "Bonjour, je voudrais échanger la taille M contre une L, c'est possible ?"),
    ("el", "Αλέξανδρος Παπαδόπουλος", "Μπορείτε να αλλάξετε το όνομα στην απόδειξη;"),
    ("tr", "Mehmet Kaya", "Kargo takip numarası hâlâ gelmedi 😕"),
    ("it", "Sofia Rossi", "Perfetto, grazie mille!! 🙏🙏"),
    (
        "ru",
        "Иван Сергеевич Константинопольский-Преображенский (ООО «Северные технологии»)",
        "Жду счёт на оплату, ИНН выслал.",
    ),
    ("en", "Emma de Vries", "It still says «payment pending», although my bank shows it as paid on Tuesday."),
    ("en", "Green Guest #42", "do you have this in black"),
    ("vi", "Nguyễn Thị Mai", "Shop ơi còn hàng không ạ?"),
    ("de", "Peter Müller", "Könnten Sie mir bitte die Montageanleitung als PDF schicken?"),
    ("es", "Ana García López", "El paquete llegó abierto, adjunto la foto."),
    ("en", "Kwame Mensah", "Thanks, that solved it."),
    ("pt", "José Carlos", "Quero cancelar a assinatura antes da renovação."),
    ("ro", "Ana-Maria Ionescu", "Aș dori factura pe firmă, vă rog."),
    ("ru", "Алина Ким", "А можно забрать завтра после 18:00?"),
    ("en", "Priya Sharma", "Still waiting for the refund, it has been nine days."),
    ("en", "Liam O'Connor", "The app logs me out every time I open the cart."),
    ("pl", "Zuzanna Wiśniewska", "Czy mogę zmienić adres dostawy?"),
    ("en", "Yellow Guest #8", "hello???"),
    ("ar", "Omar Haddad", "هل يمكنني الدفع عند الاستلام؟"),
    (
        "en",
        "Marta Kowalczyk - Boutique Marta",
        "We would like to order 40 pieces, is there a wholesale price?",
    ),
    ("ru", "Виктор", "Спасибо, всё получил 👍"),
    ("de", "Hans-Jürgen Schmidt", "Die Rechnung ist leider doppelt gekommen."),
    ("it", "Isabella Moretti", "Quando torna disponibile il modello rosso?"),
    ("en", "Tom", "ok"),
    ("en", "Wei Chen", "I sent the documents by e-mail, please confirm."),
    ("ru", "Дарья Мельникова", "Промокод AUTUMN не применяется, пишет «истёк»."),
    ("pt", "Gabriel Santos", "Vocês entregam em Portugal?"),
    ("en", "Ingrid Larsen", "I need the warranty certificate for serial 88-2041-C."),
    ("ar", "Rana Khoury", "شكرا جزيلا على المساعدة"),
    ("es", "Diego Fernández", "¿Me pueden llamar hoy? Es urgente."),
    ("en", "Charlotte", "One of the four chairs is missing from the delivery."),
    ("en", "Blue Guest #101", "how much is delivery to the islands"),
    ("uk", "Андрій Шевченко", "Чи є самовивіз у Львові?"),
    ("fr", "Amélie Laurent", "Merci, bonne journée !"),
    ("en", "Samuel Adeyemi", "Please change the phone number of my account."),
    ("pl", "Katarzyna", "Dziękuję!"),
)

QUEUE = (
    ("en", "Red Guest #5", "Hi, do you work on Saturdays?"),
    ("de", "Thomas Becker", "Ich habe eine Frage zu meiner Bestellung."),
    ("tr", "Elif Demir", "İade süreci nasıl işliyor?"),
    ("en", "Green Guest #17", "Anybody here?"),
)

COLLEAGUE_CLIENTS = (
    ("en", "Robert Brown", "Can I speak to somebody about the contract?"),
    ("ru", "Наталья", "Когда будет ответ?"),
    ("fr", "Pauline Girard", "Je n'arrive pas à me connecter."),
)

NEWCOMERS = (
    ("en", "Grace Okoro", "Is the showroom open on Sunday?"),
    ("de", "Julia Hoffmann", "Kann ich die Lieferadresse noch ändern?"),
    ("es", "Carmen Ruiz", "¿Tienen este abrigo en la talla 38?"),
    ("ru", "Михаил Орлов", "Как оформить возврат?"),
    ("en", "Noah Fischer", "My gift card does not work at the checkout."),
    ("fr", "Louis Bernard", "Le colis est indiqué livré, mais je n'ai rien reçu."),
    ("pt", "Beatriz Costa", "Posso pagar em três vezes?"),
    ("ar", "Layla Nasser", "هل يمكن تغيير لون الطلب؟"),
    ("pl", "Tomasz Nowak", "Czy wysyłacie za granicę?"),
    ("en", "Aisha Bello", "Can I pick the order up today?"),
    ("tr", "Zeynep Arslan", "Siparişimi iptal edebilir miyim?"),
    ("it", "Marco Conti", "Vorrei sapere se la garanzia copre questo guasto."),
    ("uk", "Олена Бондар", "Чи можна оплатити частинами?"),
    ("en", "Ethan Clarke", "The size chart does not open on my phone."),
    ("ru", "Светлана", "Подскажите, есть ли подарочная упаковка?"),
    ("de", "Lukas Weber", "Die Hose ist zu groß, was nun?"),
)

GUEST_QUESTIONS = (
    "Hi, is this still available?",
    "How do I return something?",
    "Do you have a shop in the centre?",
    "Which parcel service do you use?",
    "Is there a discount for students?",
    "Can I change my e-mail address?",
)
