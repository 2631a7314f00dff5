# Pages. Variables: brand, account, inviter, owner and name (of a person), email, own and invited (addresses),
# product, at and until (times with their time zone), ago and when (relative times such as "in 7 days").

# Parts of every page
page-title = { $title } · { $brand }
page-title-error = Ошибка: { $title } · { $brand }
layout-skip = К содержанию
layout-nav = Основное меню
layout-crumbs = Где вы находитесь
layout-accounts = Аккаунты
layout-profile = Профиль
layout-menu = Меню
layout-show = Показать
layout-copied = Скопировано
layout-close = Закрыть
layout-sending = Отправляем…
layout-restored = Мы вернули то, что вы ввели здесь раньше. Это ещё не сохранено.
layout-discard = Начать заново
shortcuts-title = Сочетания клавиш
shortcuts-search = Искать в этом списке
shortcuts-invite = Пригласить пользователей
shortcuts-list = Показать этот список
shortcuts-off = Отключить их можно в разделе
filters-apply = Применить
filters-clear = Сбросить поиск
export = Скачать
list-actions = Действия
cancel = Отмена
roles-not-grantable = Вы не можете выдать эти роли: { $roles }. Обратитесь к владельцу или выберите другие.
roles-retired = { $roles }: этих ролей больше нет в каталоге, прав они не дают и при сохранении исчезнут.
error-no-roles = Выберите хотя бы одну роль.
error-role-gone = Одной из выбранных ролей больше нет в каталоге. Выберите другие.
error-no-product = Выберите продукт.
error-no-emails = Введите хотя бы один адрес почты.
error-email-in-two-groups = Адрес { $email } есть в двух группах. Оставьте его в одной из них.
search = Найти
pager-first = В начало
pager-next = Дальше
pager-range = { $from }–{ $to }
pager-range-of = { $from }–{ $to } из { $total }
no-permission-title = Для этого нужны права
no-permission-text = В аккаунте «{ $account }» у вас нет роли для этого действия. Обратитесь к владельцу: { $owner }.
roles-general = Общие
roles-owner-only = Выдаёт только владелец.
layout-sign-out = Выйти
layout-support = Помощь
layout-terms = Условия использования
layout-privacy = Конфиденциальность
layout-other-address = Страница открыта по другому адресу. Используйте { $url }: вход и ссылки из писем работают только там.
layout-other-address-link = Открыть там
summary-title = Что-то не так
other-sign-in = Войти с другим адресом
way-sign-in = Войти
way-accounts = К вашим аккаунтам
check-mail-again = Отправить ещё раз
check-mail-change = Указать другой адрес
check-mail-hint = Если через несколько минут ничего не пришло, загляните в папку «Спам» и проверьте, верно ли написан адрес.
person-with-email = { $name } ({ $email })

# Times
time-now = только что
time-in-days = через { $count ->
    [one] { $count } день
    [few] { $count } дня
   *[many] { $count } дней
}
time-in-hours = через { $count ->
    [one] { $count } час
    [few] { $count } часа
   *[many] { $count } часов
}
time-in-minutes = через { $count ->
    [one] { $count } минуту
    [few] { $count } минуты
   *[many] { $count } минут
}
time-in-seconds = через { $count ->
    [one] { $count } секунду
    [few] { $count } секунды
   *[many] { $count } секунд
}
time-ago-days = { $count ->
    [one] { $count } день назад
    [few] { $count } дня назад
   *[many] { $count } дней назад
}
time-ago-hours = { $count ->
    [one] { $count } час назад
    [few] { $count } часа назад
   *[many] { $count } часов назад
}
time-ago-minutes = { $count ->
    [one] { $count } минуту назад
    [few] { $count } минуты назад
   *[many] { $count } минут назад
}
time-ago-seconds = { $count ->
    [one] { $count } секунду назад
    [few] { $count } секунды назад
   *[many] { $count } секунд назад
}

# Flash messages: the result of the previous form
done-joined = Вы присоединились к этому аккаунту.
done-not-joined = Вы зарегистрированы. Принять приглашение уже нельзя, попросите новое.
done-declined = Вы отклонили приглашение. Пригласивший узнает об этом.
done-address-requested = Мы попросили пригласившего указать другой ваш адрес. Если он согласится, туда придёт новое письмо.
done-has-user = У вас уже есть учётная запись с этим адресом. Войдите, чтобы принять приглашение.
done-mail-again = Письмо отправлено ещё раз.
done-mail-allowed = Приглашения снова будут приходить по почте.
done-signed-up = Вы зарегистрированы. Этот аккаунт — ваш.
done-signed-out = Вы вышли.
done-session-gone = За это время ваш сеанс завершился, и ничего не изменилось. Войдите, чтобы продолжить.
done-password-reset = Пароль изменён, все сеансы завершены. Войдите с новым паролем.
done-email-changed = Адрес почты изменён. Остальные сеансы завершены.
done-owner = Теперь вы владелец этого аккаунта.
done-offer-declined = Вы отклонили предложение. Владелец остаётся прежним.

# Fields
field-login = Адрес почты или логин
field-password = Пароль
field-new-password = Новый пароль
field-current-password = Текущий пароль
field-first-name = Имя
field-last-name = Фамилия
field-email = Адрес почты
field-new-email = Новый адрес почты
field-email-hint = С ним вы будете входить.
field-your-name = Ваше имя
field-invited-email-hint = Сюда пришло приглашение. С этим адресом вы будете входить.
field-choose-password = Придумайте пароль
field-used-email = Адрес, которым вы пользуетесь
field-new-password-hint = Не короче { $min } знаков. Хорошо подойдут несколько несвязанных слов.
strength-short = Слишком короткий: # из { $min } знаков.
strength-common = Простой образец, его легко подобрать.
strength-own-words = Составлен из вашего имени или адреса.
strength-good = Длина достаточная, знаков: #.
field-optional = (необязательно)
field-error = Ошибка:

# Sign-in
sign-in-title = Вход
sign-in-button = Войти
sign-in-forgotten = Забыли пароль?
sign-in-reset = Сбросьте его
sign-in-new = Впервые здесь?
sign-in-sign-up = Зарегистрируйтесь

# Sign-up
sign-up-title = Регистрация
sign-up-button = Зарегистрироваться
sign-up-invited = Укажите адрес, на который пришло приглашение. Тогда вы присоединитесь сразу.
sign-up-known = Уже зарегистрированы?
sign-up-sign-in = Войдите
sign-up-check-mail-title = Проверьте почту
sign-up-check-mail-sent = Мы отправили письмо на { $email }. Откройте ссылку из письма и введите пароль, который только что выбрали. Ссылка действует 24 часа.
sign-up-check-mail-text = Мы отправили письмо на этот адрес. Откройте ссылку из письма и введите пароль, который только что выбрали. Ссылка действует 24 часа.
confirm-title = Завершите регистрацию
confirm-text = Чтобы завершить, введите пароль, который выбрали.
confirm-button = Завершить регистрацию
confirm-no-longer-title = Ссылка больше не действует
confirm-no-longer-text = Она уже использована, старше 24 часов или обрезана. Если вы завершили регистрацию, войдите. Если нет, зарегистрируйтесь ещё раз, и мы пришлём новую ссылку.
confirm-no-longer-send = Прислать новую ссылку
confirm-no-longer-again = Зарегистрироваться ещё раз

# Password reset
reset-title = Сброс пароля
reset-text = Введите адрес почты, с которым вы входите. Мы отправим на него ссылку.
reset-button = Отправить ссылку
reset-known = Вспомнили?
reset-check-mail-title = Проверьте почту
reset-check-mail-sent = Если с адресом { $email } кто-то входит, ссылка уже в пути. Она действует 1 час.
reset-check-mail-text = Если с этим адресом кто-то входит, ссылка уже в пути. Она действует 1 час.
new-password-title = Выберите новый пароль
new-password-text = Все ваши сеансы завершатся, на этом устройстве и на других.
new-password-button = Изменить пароль
reset-no-longer-title = Ссылка больше не действует
reset-no-longer-text = Она уже использована, старше 1 часа или обрезана. Пароль не изменён.
reset-no-longer-again = Отправить другую ссылку

# Change of the email address
email-title = Смена адреса почты
email-text = Сейчас ваш адрес — { $email }. Мы отправим ссылку на новый; он начнёт действовать, когда вы её откроете.
email-text-none = У вас пока нет адреса почты. Мы отправим ссылку на тот, который вы введёте; он начнёт действовать, когда вы её откроете.
email-button = Отправить ссылку
email-check-mail-title = Проверьте почту
email-check-mail-sent = Письмо на { $email } уже в пути. Откройте ссылку из него, не выходя отсюда. Ссылка действует 24 часа.
email-check-mail-text = Письмо на новый адрес уже в пути. Откройте ссылку из него, не выходя отсюда. Ссылка действует 24 часа.
confirm-email-title = Подтвердите новый адрес почты
confirm-email-text = Вы вошли как { $name }. Подтвердите, что ящик, на который пришла ссылка, ваш.
confirm-email-button = Подтвердить адрес
confirm-email-no-longer-title = Ссылка больше не действует
confirm-email-no-longer-text = Она уже использована, старше 24 часов, обрезана или относится к другой учётной записи. Адрес не изменён.
confirm-email-no-longer-again = Отправить другую ссылку

# Invitation page
invitation-crumb = Приглашение
invitation-strip = Чтобы принять приглашение в «{ $account }» от { $inviter }
invitation-title = Приглашение в «{ $account }»
invitation-lead = Приглашение от { $inviter }. Продукт: { $product }, роли: { $roles }. Ответьте до { $until }.
invitation-lead-many = Приглашение от { $inviter }. Продукт: { $product }, число ролей: { $roles }. Ответьте до { $until }.
invitation-join = Присоединиться к «{ $account }»
invitation-facts = Продукт и роли
invitation-other-user = У меня есть учётная запись с другим адресом
invitation-other-address = Попросить пригласить на другой адрес
invitation-decline-title = Отклонить приглашение в «{ $account }»?
invitation-decline-text = Пригласивший ({ $inviter }) узнает об этом. Присоединиться потом можно будет только по новому приглашению.
invitation-decline-keep = Оставить приглашение
invitation-decline-button = Отклонить
request-address-title = Каким адресом вы пользуетесь?
request-address-text = Мы попросим пригласить в «{ $account }» этот адрес вместо прежнего. Ответит { $inviter }; после согласия приглашение придёт туда.
request-address-button = Отправить просьбу
request-address-back = Назад к приглашению
invitation-joining-as = Вы присоединяетесь как { $name } ({ $email }).
invitation-accept = Принять
invitation-decline = Отклонить
invitation-not-you = Это не вы?
invitation-use-another = Войти с другим адресом
invitation-sign-in = Войти, чтобы принять
invitation-sign-up = Зарегистрироваться
invitation-unexpected = Не ждали приглашения? Закройте страницу: ничего не произойдёт.
invitation-still-valid = Действует до { $until }. Ничего не принято и не отклонено.
invitation-write-to = Написать: { $inviter }
invitation-go-to = Перейти в «{ $account }»
fact-product = Продукт
fact-roles = Роли
fact-sent-to = Отправлено на
fact-expires = Действует до
fact-answer-by = Ответить до
fact-code = Код
fact-status = Статус

# The user is signed in with another address
invitation-other-title = Ещё один шаг: нужен адрес из приглашения
invitation-other-lead = Вы вошли как { $own }. Приглашение в «{ $account }» отправлено на { $invited }.
invitation-other-sign-in = У вас есть учётная запись с этим адресом?
invitation-other-sign-in-text = Выйдите и сразу вернётесь сюда.
invitation-other-change = Это тоже ваш адрес?
invitation-other-change-text = Смените адрес в своём профиле на этот. Мы отправим на него ссылку; откройте её, и приглашение можно будет принять.
invitation-other-change-button = Сменить адрес
invitation-other-wrong = Приглашение пришло не на тот адрес?
invitation-other-ask = Приглашение от { $inviter }. Его можно отправить на { $own }.
invitation-other-ask-button = Попросить пригласить { $own }
invitation-other-asked = Просьба указать другой адрес отправлена. Ответит { $inviter }; после согласия туда придёт новое письмо.

# The user has no address
invitation-no-address-title = Мы не видим ваш адрес почты
invitation-no-address-lead = Приглашение в «{ $account }» отправлено на { $invited }. { $service } не сообщает нам ваш адрес.
invitation-no-address-register = Зарегистрируйтесь с адресом из приглашения
invitation-no-address-register-text = Выберите для него пароль. Вы присоединитесь сразу.
invitation-no-address-provider = Разрешите сервису сообщить адрес
invitation-no-address-provider-text = Попросите администратора { $service } включить передачу вашего подтверждённого адреса почты, и согласитесь, когда вас спросят. Затем войдите через сервис ещё раз.
invitation-no-address-provider-button = Попробовать ещё раз
invitation-no-address-profile = Добавьте адрес в профиле
invitation-no-address-profile-text = Мы отправим на него ссылку; откройте её, и приглашение можно будет принять.
invitation-no-address-profile-button = Добавить адрес почты

# The invitation has ended
invitation-expired-title = Срок приглашения истёк
invitation-expired-text = Приглашение в «{ $account }» действовало до { $at } ({ $ago }).
invitation-readdressed-title = Ссылка больше не действует
invitation-readdressed-text = Приглашение с тех пор отправлено на другой адрес. Откройте последнее письмо о нём или войдите: ожидающие приглашения видны на странице «Аккаунты».
invitation-revoked-title = Приглашение отозвано
invitation-revoked-text = Приглашение в «{ $account }» отозвано { $at } ({ $ago }).
invitation-declined-title = Приглашение отклонено
invitation-declined-text = Приглашение в «{ $account }» отклонено { $at } ({ $ago }).
invitation-ask-anew = Приглашение от { $inviter }. Попросите новое.
invitation-already-in-title = Вы уже в аккаунте
invitation-already-in-text = Вы приняли приглашение в «{ $account }» { $at } ({ $ago }).
invitation-used-title = Приглашение уже использовано
invitation-used-text = Приглашение в «{ $account }» принято { $at } ({ $ago }) с другой учётной записи. Если она тоже ваша, войдите с её адресом.
invitation-used-anonymous = Приглашение в «{ $account }» принято { $at } ({ $ago }). Если его приняли вы, войдите, чтобы перейти в аккаунт.
invitation-unknown-title = Мы не нашли это приглашение
invitation-unknown-text = Ссылка обрезана, возможно, почтовой программой. Скопируйте в браузер всю ссылку или войдите: ожидающие приглашения видны на странице «Аккаунты».

# Unsubscribing from invitations
unsubscribe-title = Больше не получать приглашений?
unsubscribe-text = Мы больше не будем отправлять приглашения на адрес, куда пришла эта ссылка, ни из одного аккаунта. Передать вам ссылку лично по-прежнему можно.
unsubscribe-button = Не получать приглашений
unsubscribed-title = Приглашений больше не будет
unsubscribed-text = Мы больше не отправляем приглашения на этот адрес.
resubscribe-button = Снова получать приглашения

# Accounts
accounts-waiting = Приглашения
accounts-offered = Предложено вам
accounts-mine = Ваши аккаунты
accounts-managing = Управляете
accounts-personal = личный аккаунт
accounts-invited-by = Вас приглашает { $inviter }
accounts-offered-by = { $name } предлагает вам стать владельцем
accounts-offer-means = Владелец может в аккаунте всё и отвечает за него.
accounts-offer-accept = Стать владельцем
accounts-seats = { $members ->
    [one] { $members } пользователь
    [few] { $members } пользователя
   *[many] { $members } пользователей
}{ $pending ->
    [0] { "" }
    [one] { " " }· { $pending } приглашение ждёт ответа
    [few] { " " }· { $pending } приглашения ждут ответа
   *[many] { " " }· { $pending } приглашений ждут ответа
}
accounts-member = Вы пользователь этого аккаунта. Им управляет { $owner }.
accounts-alone = Чтобы присоединиться к чужому аккаунту, попросите пригласить { $email }.
accounts-alone-no-email = Добавьте адрес почты, чтобы вас могли пригласить.
accounts-more = Ещё аккаунты
account-owner = Владелец
account-no-roles = Пользователь без ролей
account-open = Открыть { $product }
account-product-elsewhere = { $product }: адрес здесь не указан. Где его открыть, подскажет { $owner }.

# Problems
problem-crumb = Проблема
problem-what-to-do = Что делать
problem-all = Все коды
problem-home = На главную страницу
problem-reference = Номер обращения:

# Errors beside a field of a form
error-invalid-credentials = Адрес или пароль не подходит. Попробуйте ещё раз или сбросьте пароль.
error-wrong-password = Пароль не подходит. Введите его ещё раз.
error-rate-limited = Слишком много попыток сразу. Попробуйте ещё раз { $when }.
error-other = Не получилось. Попробуйте ещё раз.

# Errors of fields
error-not-an-address = «{ $text }» — не адрес почты. { $remedy }
error-email-empty = Введите адрес почты.
error-email-too-long = Он длиннее 254 знаков. Укажите адрес короче.
error-email-local-too-long = Часть до знака @ длиннее 64 знаков. Укажите адрес короче.
error-email-no-at = Нет знака @. Напишите адрес как name@company.example.
error-email-several-ats = Знаков @ больше одного. Оставьте один.
error-email-list = Здесь несколько адресов. Введите каждый отдельно.
error-email-display-name = Уберите имя и угловые скобки, оставьте только адрес.
error-email-comment = Уберите круглые скобки и то, что в них.
error-email-quoted = Уберите кавычки. Адреса, которым они нужны, здесь использовать нельзя.
error-email-ip-address = Вместо IP-адреса напишите имя домена, например company.example.
error-email-no-local = Нет части до знака @. Добавьте её.
error-email-no-domain = Нет части после знака @. Добавьте её, например company.example.
error-email-no-dot = В части после знака @ нет точки. Напишите её полностью, например company.example.
error-email-comma = Замените запятую точкой или уберите её.
error-email-space = Уберите пробел внутри адреса.
error-email-invisible = В нём есть невидимый знак. Не вставляйте адрес, а наберите его заново.
error-email-dots = Уберите точку, которая стоит дважды либо в начале или конце части.
error-email-local-character = Знак { $character } не может стоять до знака @. Используйте только латинские буквы, цифры, точки и знаки вроде + - _.
error-email-encoded-word = Знаки =? не могут стоять рядом до знака @. Проверьте, верно ли написан адрес.
error-email-domain-character = Знак { $character } не может стоять после знака @. Используйте там только буквы, цифры, дефисы и точки.
error-email-domain = Часть после знака @ — не имя домена. Проверьте, верно ли она написана.
error-name-empty = Имя пустое. Введите хотя бы один знак.
error-name-too-long = Имя длиннее 64 знаков. Сократите его.
error-name-characters = В имени есть перенос строки или невидимый знак. Не вставляйте его, а наберите заново в одну строку.
error-name-link = В имени есть веб-адрес, адрес почты или номер телефона. Уберите «www.», «://», знаки @, путь вроде /page после домена и числа из семи и более цифр.
error-account-name-empty = Название пустое. Введите хотя бы один знак.
error-account-name-too-long = Название длиннее 64 знаков. Сократите его.
error-account-name-characters = В названии есть перенос строки или невидимый знак. Не вставляйте его, а наберите заново в одну строку.
error-account-name-link = В названии есть веб-адрес, адрес почты или номер телефона. Уберите «www.», «://», знаки @, путь вроде /page после домена и числа из семи и более цифр.
error-password-too-short = Пароль слишком короткий. Нужно не меньше { $min } знаков; хорошо подойдут несколько несвязанных слов.
error-password-too-long = Пароль слишком длинный. Можно не больше 256 знаков.
error-password-common = Такой пароль часто встречается или построен по простому образцу, его скоро подберут. Выберите другой, например четыре несвязанных слова.
error-password-own-words = Пароль составлен из вашего имени, вашего адреса или названия продукта. Выберите такой, который по ним не угадать.
error-already-member = Этот адрес уже принадлежит пользователю аккаунта. Введите другой или отзовите приглашение.
error-already-invited = На этот адрес уже отправлено другое приглашение в этот аккаунт. Введите другой или отзовите одно из двух.
error-field = Исправьте это поле и отправьте форму ещё раз.
error-too-long = Слишком длинно: помещается { $max ->
    [one] { $max } знак
    [few] { $max } знака
   *[many] { $max } знаков
}. Сократите и отправьте снова.
error-not-day = Это не дата. Выберите её в календаре или напишите так: 2026-11-30.
error-not-cursor = Такой страницы списка нет. Начните с первой.
error-not-known-value = Такого значения здесь нет. Выберите одно из тех, что предлагает страница.
error-current-password = Введите текущий пароль.
error-locale = Такого языка здесь нет. Укажите en или ru.
error-time-zone = Такого часового пояса нет. Укажите имя IANA, например Europe/Berlin.
error-phone-too-long = В номере телефона не больше 32 знаков. Сократите его.
error-phone-characters = Номер телефона состоит из цифр и знаков + - ( ) . / #. Уберите всё остальное.
error-picture-format = Это не файл PNG, JPEG или WebP. Выберите изображение в одном из этих форматов.
error-picture-damaged = Изображение не читается: возможно, файл повреждён. Выберите другое.
error-picture-pixels = Изображение больше 6000 на 4000 пикселей. Уменьшите его и выберите снова.

# The mailbox of a trial
mailbox-title = Почтовый ящик
mailbox-text = Почтовый сервер не указан, поэтому письма приходят сюда, новые сверху. Они хранятся только в памяти.
mailbox-empty = Писем пока нет. Зарегистрируйтесь или пригласите кого-нибудь, и письмо появится здесь.
mailbox-no-match = Писем на «{ $text }» нет.
mailbox-search = Поиск по адресу
mailbox-reload = Показать новые письма
mailbox-count = { $count ->
    [one] { $count } письмо
    [few] { $count } письма
   *[many] { $count } писем
}
mailbox-to = Кому
mailbox-at = Отправлено
mailbox-html = Как видит получатель
mailbox-plain = Текстовая часть
mailbox-html-alone = Открыть отдельно
