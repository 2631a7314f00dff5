# Invitations of an account, as its managers see them.

status-pending = Ожидают
status-expired = Истекли
status-accepted = Приняты
status-declined = Отклонены
status-revoked = Отозваны
manage-states = Состояние приглашений
manage-search = Поиск по адресу
manage-all-products = Все продукты
manage-no-match = Таких приглашений нет.
manage-none-pending = Ответа ждать не от кого
manage-none-pending-text = Здесь видны отправленные приглашения, пока на них не ответят.
manage-none-expired = Ни одно приглашение не истекло
manage-none-expired-text = Сюда попадают приглашения, на которые не ответили вовремя.
manage-none-accepted = Пока никто не принял приглашение
manage-none-accepted-text = Тот, кто примет приглашение, станет пользователем этого аккаунта.
manage-none-declined = Никто не отказался
manage-none-declined-text = Отказавшимся напоминания не приходят. Отсюда их можно пригласить снова.
manage-none-revoked = Отозванных приглашений нет
manage-none-revoked-text = Сюда попадают приглашения, которые вы отозвали.
manage-selected = Выбрано: #
manage-with-selected = С выбранными:
manage-select = Выбрать { $email }
manage-select-all = Выбрать все на странице
manage-choose = Выберите хотя бы одно приглашение.
manage-invited = Приглашён
manage-access = Доступ
manage-invited-by = Кто пригласил
manage-ended = Завершено
manage-resend = Отправить снова
manage-copy = Скопировать ссылку
manage-revoke = Отозвать
manage-again = Пригласить снова
manage-actions-for = Действия: { $email }
manage-revoke-title = { $count ->
    [one] Отозвать { $count } приглашение?
    [few] Отозвать { $count } приглашения?
   *[many] Отозвать { $count } приглашений?
}
manage-revoke-lead = { $count ->
    [one] Ссылка из письма на этот адрес сразу перестанет работать:
    [few] Ссылки из писем на эти адреса сразу перестанут работать:
   *[many] Ссылки из писем на эти адреса сразу перестанут работать:
}
manage-revoke-text = { $count ->
    [one] Место снова станет свободным. Позже адрес можно пригласить ещё раз.
    [few] Места снова станут свободными. Позже адреса можно пригласить ещё раз.
   *[many] Места снова станут свободными. Позже адреса можно пригласить ещё раз.
}
manage-keep = { $count ->
    [one] Оставить приглашение
    [few] Оставить приглашения
   *[many] Оставить приглашения
}
manage-revoke-button = { $count ->
    [one] Отозвать { $count } приглашение
    [few] Отозвать { $count } приглашения
   *[many] Отозвать { $count } приглашений
}
manage-edit-title = Приглашение для { $email }
manage-edit-hint = Ссылка из письма останется прежней; на её странице будут новые роли.
delivery-queued = Ожидает отправки
delivery-sent = Отправлено
delivery-no-mailbox = Не принято: такого ящика нет. Проверьте, верно ли написан адрес.
delivery-no-domain = Не принято: такого домена нет. Проверьте, верно ли написан адрес.
delivery-refused = Не принято: { $why }. Проверьте адрес или скопируйте ссылку и передайте её сами.
link-title = Ссылка для передачи
link-lead = По этой ссылке можно ответить на приглашение для { $email }, войдя с этим адресом.
link-field = Ссылка
link-copy = Скопировать ссылку
link-means = Ссылка показывается один раз и действует, пока приглашение ждёт ответа. Почтовый ящик она не подтверждает: новый пользователь подтвердит адрес письмом.
link-done = Готово
done-resent = { $n ->
    [one] Приглашение отправлено снова ({ $n }), его срок начался заново.
    [few] Снова отправлены { $n } приглашения, их срок начался заново.
   *[many] Снова отправлены { $n } приглашений, их срок начался заново.
}
done-resent-some = Отправлено снова: { $n }. Завершились раньше: { $m }.
done-resent-none = Ничего не отправлено: приглашение уже завершилось.
done-revoked = { $n ->
    [one] Приглашение отозвано ({ $n }). Ссылка из письма больше не работает.
    [few] Отозваны { $n } приглашения. Ссылки из писем больше не работают.
   *[many] Отозваны { $n } приглашений. Ссылки из писем больше не работают.
}
done-revoked-some = Отозвано: { $n }. Завершились раньше: { $m }.
done-revoked-none = Отзывать нечего: приглашение уже завершилось.
done-edited = Приглашение сохранено.
done-edited-none = Приглашение уже завершилось, изменить его нельзя.
done-link-none = Приглашение уже завершилось, ссылки у него больше нет.
skipped-accepted = { $email }: приглашение принято { $ago }.
skipped-declined = { $email }: приглашение отклонено { $ago }.
skipped-revoked = { $email }: приглашение отозвано { $ago }.
skipped-expired = { $email }: приглашение истекло { $ago }.
