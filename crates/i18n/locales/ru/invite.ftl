# The wizard that invites.

invite-title = Пригласить пользователей в «{ $account }»
product-legend = В какой продукт вы приглашаете?
product-single = Доступен только в аккаунте, который пользователь получил при регистрации. Пригласить в него нельзя.
product-continue = Продолжить
invite-change = Сменить продукт
invite-about = Продукт: { $product } · другие продукты им тоже будут доступны
invite-about-only = Продукт: { $product }
invite-people = Люди
invite-roles-hint = Эти роли получат все, для кого в списке не указаны другие. Потом их можно изменить.
invite-last-used = Как в прошлый раз: { $roles }
invite-button = Пригласить пользователей
invite-button-count = Пригласить { $count ->
    [one] { $count } пользователя
    [few] { $count } пользователей
   *[many] { $count } пользователей
}
invite-locale = Язык письма
invite-locale-hint = Для тех, чей язык неизвестен.
invite-seats = Места после отправки
invite-seats-short = Места:
invite-seat-parts = { $members ->
    [one] { $members } пользователь
    [few] { $members } пользователя
   *[many] { $members } пользователей
} + приглашены: { $pending }
invite-seats-now = сейчас
invite-preview = Как будет выглядеть письмо
invite-preview-short = Письмо
invite-fact-no-email = Если у пользователя нет адреса почты, он сначала добавляет его в профиле; иначе ему придётся регистрироваться заново.
invite-keep-first = Оставить первые { $most }
invite-group = { $roles }: { $count }
invite-group-chosen = роли, выбранные ниже
invite-group-below = Роли, выбранные ниже
invite-groups-edit = Изменить
invite-groups-hint = Эти роли взяты из вашего списка. Если они не подходят, выберите другие.
invite-review = Проверьте список и отправьте его.
invite-left-out = Пропущено: { $words }.
invite-left-out-show = Показать остальные
invite-suggestion = Нет ли опечатки: { $email }?
invite-suggestion-use = Заменить на { $email }
invite-remove-invalid = { $count ->
    [one] Убрать { $count } запись, это не адрес
    [few] Убрать { $count } записи, это не адреса
   *[many] Убрать { $count } записей, это не адреса
}
invite-later = Адреса для следующего раза: { $count }
invite-later-any = Адреса для следующего раза
invite-later-hint = Они вернутся сюда, когда эти приглашения будут отправлены.
invite-free-invitations = Показать отправленные приглашения
invite-free-users = Показать неактивных пользователей
invite-open-settings = Показать настройки
field-emails = Адреса почты
field-emails-hint = До { $most }. Введите или вставьте список через запятую, пробел или с новой строки. Можно с именами:
chip-remove = Убрать #
chip-edit = Изменить #
chip-member = Уже пользователь:
chip-invited = Уже есть приглашение:
chip-clear = Убрать все
counter-addresses = Адресов: { $count } из { $most }
counter-merged = { $count ->
    [one] объединён { $count } повтор
    [few] объединены { $count } повтора
   *[many] объединены { $count } повторов
}
counter-errors = исправить: { $count }
preview-lead = { $inviter } приглашает вас в «{ $account }», продукт { $product }
preview-as = , роли:
preview-until = Действует до { $until }. Если вы этого не ждали, не обращайте внимания на письмо. Ничего не произойдёт, пока вы не примете приглашение.
language-en = Английский
language-ru = Русский
error-too-many = Адресов { $count }, за один раз можно пригласить { $most }. { $rest ->
    [one] Ещё { $rest } останется
    [few] Остальные { $rest } останутся
   *[many] Остальные { $rest } останутся
} здесь для следующего раза.
error-not-registered = Адрес { $email } не зарегистрирован. В этот аккаунт можно приглашать только зарегистрированных пользователей. Попросите зарегистрироваться, затем пригласите снова.
error-over-limit = { $available ->
    [one] Осталось { $available } место
    [few] Осталось { $available } места
   *[many] Осталось { $available } мест
}, а вы приглашаете { $requested }. Отзовите отправленные приглашения, удалите неактивных пользователей или уберите { $over ->
    [one] { $over } адрес
    [few] { $over } адреса
   *[many] { $over } адресов
}.
remedy-administrator-raises = Или попросите системного администратора увеличить лимит.
remedy-support-raises = Или попросите увеличить лимит: { $url }
resend-failed = Не отправлено: сервер не ответил. Отправьте позже из списка приглашений.
remedy-owner-allows = Или попросите владельца изменить настройку аккаунта.
remedy-settings-allow = Или разрешите новых пользователей в настройках аккаунта.
remedy-administrator-allows = Или попросите системного администратора разрешить новых пользователей.
permission-lost-title = Приглашать сюда вы больше не можете
permission-lost-text = Право приглашать у вас только что отозвали. Обратитесь к владельцу: { $owner }. Ваш список ниже, его можно скопировать.
permission-lost-no-account = Право приглашать у вас только что отозвали. Ваш список ниже, его можно скопировать.
signed-out-title = За это время ваш сеанс завершился
signed-out-text = Ничего не отправлено. Ваш список ниже: скопируйте его, войдите и вставьте туда же.
signed-out-not-saved = Ничего не сохранено. То, что вы ввели, ниже: скопируйте, войдите и введите там же снова.
unsaved-input-label = Что вы ввели
unsaved-input-copy = Скопировать
result-sent = { $sent ->
    [one] Отправлено { $sent } приглашение
    [few] Отправлено { $sent } приглашения
   *[many] Отправлено { $sent } приглашений
}
result-both = { $sent ->
    [one] Отправлено { $sent } приглашение
    [few] Отправлено { $sent } приглашения
   *[many] Отправлено { $sent } приглашений
}, { $nothing ->
    [one] для { $nothing } адреса приглашение не нужно
   *[many] для { $nothing } адресов приглашения не нужны
}
result-nothing = { $nothing ->
    [0] Ничего не отправлено
    [one] Ничего не отправлено: для { $nothing } адреса приглашение не нужно
   *[many] Ничего не отправлено: для { $nothing } адресов приглашения не нужны
}
result-count-sent = отправлено: { $count }
result-count-queued = отправляется: { $count }
result-count-waiting = ждёт отправки: { $count }
result-count-failed = не принято: { $count }
result-count-nothing = приглашение не нужно: { $count }
result-joined = Присоединились: { $joined } из { $total }.
result-open = Открыть
result-try-now = Повторить сейчас
result-remind = Напомнить тем, кто не ответил: { $count }
result-until = Действует до { $until }
result-failed-text = Возможно, адрес неверный. Проверьте его и попробуйте снова.
result-fix = Исправить адрес
result-had = Приглашение от { $inviter }, { $date }.
result-had-text = Второе письмо не отправлялось.
result-member = { $name }: уже пользователь этого аккаунта. Приглашение не нужно.
result-left-out = { $count ->
    [one] Из списка пропущен { $count } текст без знака @.
    [few] Из списка пропущены { $count } текста без знака @.
   *[many] Из списка пропущено { $count } текстов без знака @.
}
result-roles = Роли сейчас: { $roles }
result-go = К приглашениям
result-more = Пригласить ещё
result-next = Пригласить остальных: { $count }
