# Invitations of an account, as its managers see them.

status-pending = Ожидают
status-expired = Истекли
status-accepted = Приняты
status-declined = Отклонены
status-revoked = Отозваны
invitations-states = Состояние приглашений
invitations-search = Поиск по адресу
invitations-all-products = Все продукты
invitations-no-match = По запросу «{ $text }» приглашений нет.
invitations-no-match-filter = Таких приглашений нет.
invitations-none-pending = Ожидающих приглашений нет
invitations-none-pending-text = Здесь видны отправленные приглашения, пока на них не ответят.
invitations-none-expired = Ни одно приглашение не истекло
invitations-none-expired-text = Сюда попадают приглашения, на которые не ответили вовремя.
invitations-none-accepted = Пока никто не принял приглашение
invitations-none-accepted-text = Тот, кто примет приглашение, станет пользователем этого аккаунта.
invitations-none-declined = Никто не отказался
invitations-none-declined-text = Отказавшимся напоминания не приходят. Отсюда их можно пригласить снова.
invitations-none-revoked = Отозванных приглашений нет
invitations-none-revoked-text = Сюда попадают приглашения, которые вы отозвали.
invitations-selected = Выбрано: #
invitations-with-selected = С выбранными:
invitations-select = Выбрать { $email }
invitations-select-all = Выбрать все на странице
invitations-choose = Выберите хотя бы одно приглашение.
invitations-invited = Приглашён
invitations-access = Доступ
invitations-invited-by = Кто пригласил
invitations-ended = Завершено
invitations-expires = Истекает
invitations-expired-on = Истекло { $date }
invitations-resend = Отправить снова
invitations-copy = Ссылка
invitations-revoke = Отозвать
invitations-again = Пригласить снова
invitations-again-button = { $count ->
    [one] Пригласить снова: { $count }
   *[other] Пригласить снова: { $count }
}
invitations-again-over-limit = { $available ->
    [one] Осталось { $available } место
    [few] Осталось { $available } места
   *[many] Осталось { $available } мест
}, а вы приглашаете { $requested }. Выберите меньше, отзовите отправленные приглашения или удалите неактивных пользователей.
invitations-again-too-many = Выбрано адресов: { $count }. За один раз можно пригласить { $most }. Выберите меньше.
invitations-again-retired = Продукт или роли одного из приглашений больше недоступны. Снимите с него выбор и пригласите этот адрес с другими ролями.
invitations-actions-for = Действия: { $email }
invitations-revoke-title = { $count ->
    [one] Отозвать { $count } приглашение?
    [few] Отозвать { $count } приглашения?
   *[many] Отозвать { $count } приглашений?
}
invitations-revoke-lead = { $count ->
    [one] Ссылка из письма на этот адрес сразу перестанет работать:
    [few] Ссылки из писем на эти адреса сразу перестанут работать:
   *[many] Ссылки из писем на эти адреса сразу перестанут работать:
}
invitations-revoke-text = { $count ->
    [one] Место снова станет свободным. Позже адрес можно пригласить ещё раз.
    [few] Места снова станут свободными. Позже адреса можно пригласить ещё раз.
   *[many] Места снова станут свободными. Позже адреса можно пригласить ещё раз.
}
invitations-keep = { $count ->
    [one] Оставить приглашение
    [few] Оставить приглашения
   *[many] Оставить приглашения
}
invitations-revoke-button = { $count ->
    [one] Отозвать { $count } приглашение
    [few] Отозвать { $count } приглашения
   *[many] Отозвать { $count } приглашений
}
invitations-resend-button = { $count ->
    [one] Отправить снова { $count } приглашение
    [few] Отправить снова { $count } приглашения
   *[many] Отправить снова { $count } приглашений
}
invitations-edit-title = Приглашение для { $email }
invitations-edit-hint = Ссылка из письма останется прежней; на её странице будут новые роли.
readdress-title = Другой адрес для этого приглашения
readdress-text = Это приглашение отправлено на { $email }. Роли и место останутся прежними, ссылки из отправленных туда писем перестанут работать, а на новый адрес придёт новое письмо.
readdress-requested = Просьба пригласить на { $email }
readdress-instead = Пригласить { $email }
readdress-button = Отправить на новый адрес
readdress-keep = Оставить как есть
readdress-menu = Изменить адрес
done-readdressed = Приглашение отправляется на новый адрес. Прежняя ссылка больше не действует.
delivery-queued = Ожидает отправки
delivery-waiting = Ждёт отправки: { $why }.
delivery-next = Следующая попытка: { $when }.
delivery-next-now = Отправляется снова.
delivery-why-reply = почтовый сервер ответил «{ $reply }»
delivery-why-error = почтовый сервер сообщил об ошибке
delivery-why-busy = почтовый сервер пока не принимает новых соединений
delivery-why-connection = нет связи с почтовым сервером
delivery-why-timeout = почтовый сервер не отвечает
delivery-why-limit = на этот адрес сегодня уже отправлено столько писем, сколько разрешено
delivery-sent = Отправлено
delivery-joined = Приглашение принято { $ago }
delivery-gone = Больше не ожидает ответа
delivery-filter-waiting = Письмо ждёт отправки
delivery-filter-failed = Письмо не принято
live-updates = Страница обновляется сама.
live-reload = Обновить, чтобы увидеть изменения
delivery-no-mailbox = Не принято: такого ящика нет. Проверьте, верно ли написан адрес.
delivery-no-domain = Не принято: такого домена нет. Проверьте, верно ли написан адрес.
delivery-suppressed = Не отправлено: получатель отказался от приглашений по почте.
delivery-rejected = Не принято: { $why }. Проверьте адрес или скопируйте ссылку и отправьте её сами.
delivery-rejected-other = Не принято: { $why }. Скопируйте ссылку и отправьте её сами.
link-title = Ссылка для передачи
link-lead = По этой ссылке можно ответить на приглашение для { $email }, войдя с этим адресом.
link-field = Ссылка
link-copy = Скопировать ссылку
link-means = Ссылка показывается один раз и действует, пока приглашение ждёт ответа. Почтовый ящик она не подтверждает: новый пользователь подтвердит адрес письмом.
link-done = Готово
done-resent = { $n ->
    [1] Приглашение отправлено снова, его срок начался заново.
    [one] Снова отправлено { $n } приглашение, их срок начался заново.
    [few] Снова отправлены { $n } приглашения, их срок начался заново.
   *[many] Снова отправлено { $n } приглашений, их срок начался заново.
}
done-resent-some = Отправлено снова: { $n }. Завершились раньше: { $m }.
done-resent-none = Ничего не отправлено: приглашение уже завершилось.
done-revoked = { $n ->
    [1] Приглашение отозвано. Ссылка из письма больше не работает.
    [one] Отозвано { $n } приглашение. Ссылки из писем больше не работают.
    [few] Отозваны { $n } приглашения. Ссылки из писем больше не работают.
   *[many] Отозвано { $n } приглашений. Ссылки из писем больше не работают.
}
done-revoked-some = Отозвано: { $n }. Завершились раньше: { $m }.
done-revoked-none = Отзывать нечего: приглашение уже завершилось.
done-again = { $n ->
    [one] Снова приглашён { $n } пользователь.
    [few] Снова приглашены { $n } пользователя.
   *[many] Снова приглашены { $n } пользователей.
}
done-again-some = Снова приглашено: { $n }. Приглашение не нужно: { $m }.
done-again-none = Никто не приглашён: все уже среди пользователей или приглашены.
done-edited = Приглашение сохранено.
done-edited-none = Приглашение уже завершилось, изменить его нельзя.
done-link-none = Приглашение уже завершилось, ссылки у него больше нет.
skipped-accepted = { $email }: приглашение принято { $ago }.
skipped-declined = { $email }: приглашение отклонено { $ago }.
skipped-revoked = { $email }: приглашение отозвано { $ago }.
skipped-expired = { $email }: приглашение истекло { $ago }.
invitations-changed-meanwhile = Пока страница была открыта, приглашение изменил другой пользователь. Сейчас продукт в нём — { $product }, роли — { $access }. Ниже — то, что выбрали вы; чтобы заменить, сохраните снова.
readdress-changed-meanwhile = Пока страница была открыта, другой пользователь указал в приглашении другой адрес. Сейчас это { $email }. Чтобы заменить его, отправьте снова.
