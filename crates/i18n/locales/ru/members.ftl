# Users of an account.

users-search = Поиск по имени или адресу
users-role = Роль
users-all-roles = Все роли
users-user = Пользователь
users-you = Вы
users-seen = Активность
users-sort = Порядок
users-by-name = По имени
users-seen-longest = Сначала давно неактивные
users-never = Никогда
users-actions = Действия: { $name }
users-edit = Изменить роли
users-details = Сведения и история
users-activity = Журнал
users-remove = Удалить из аккаунта
users-owner-protected = Роли владельца меняет только он сам, удалить его нельзя.
users-no-match = По запросу «{ $text }» никого нет.
users-searched = Просмотрена часть пользователей.
users-search-further = Искать дальше
users-no-match-role = Этой роли здесь ни у кого нет.
users-edit-title = Роли: { $name }
users-edit-hint = Изменения действуют сразу. О них мы сообщим пользователю письмом.
users-edit-save = Сохранить роли
users-role-gone = Одной из выбранных ролей больше нет в каталоге. Ниже её уже нет: проверьте остальные и сохраните снова.
users-changed-meanwhile = Пока страница была открыта, роли ({ $name }) изменил кто-то другой. Сейчас они такие: { $roles }. Ниже — то, что выбрали вы; чтобы заменить роли, сохраните снова.
users-sent-question = { $name }: { $count ->
    [one] { $count } отправленное приглашение ещё ожидает ответа. Что с ним сделать?
    [few] { $count } отправленных приглашения ещё ожидают ответа. Что с ними сделать?
   *[many] { $count } отправленных приглашений ещё ожидают ответа. Что с ними сделать?
}
users-sent-revoke-label = Отозвать
users-sent-revoke-meaning = { $count ->
    [one] Ссылка из письма перестанет работать.
    [few] Ссылки из писем перестанут работать.
   *[many] Ссылки из писем перестанут работать.
}
users-sent-keep-label = Оставить
users-sent-keep-meaning = { $count ->
    [one] Теперь за него отвечаете вы.
    [few] Теперь за них отвечаете вы.
   *[many] Теперь за них отвечаете вы.
}
users-remove-title = Удалить пользователя { $name } из аккаунта «{ $account }»?
users-remove-loses = { $address } сразу теряет роли:
users-remove-loses-access = { $address } сразу теряет доступ к аккаунту.
users-remove-keeps = Учётная запись пользователя и его доступ к другим аккаунтам останутся. Позже пользователя можно пригласить снова. О прекращении доступа мы сообщим ему письмом ({ $name }).
users-keep = Оставить: { $name }
users-remove-button = Удалить: { $name }
done-roles-saved = Роли сохранены.
done-user-removed = Пользователь удалён. Доступ прекращён сразу.
done-user-gone = Этого пользователя в аккаунте уже не было.

# The page of a user
member-former = Больше не пользователь этого аккаунта
member-seen = активность { $at }
member-print = Напечатать
member-remove = Удалить
member-how = Как пользователь { $name } получил доступ
member-created = Пользователь { $name } создал этот аккаунт { $at }.
member-invited = Приглашение от { $inviter } для { $address } отправлено { $at }: { $access }.
member-accepted = Пользователь { $name } принял приглашение { $at }.
member-accepted-from = Пользователь { $name } принял приглашение { $at } с адреса { $ip }.
member-joined = Пользователь { $name } здесь с { $at }.
member-roles-changed = { $count ->
    [one] С тех пор роли менялись { $count } раз, последнее изменение: { $actor }, { $at }.
    [few] С тех пор роли менялись { $count } раза, последнее изменение: { $actor }, { $at }.
   *[many] С тех пор роли менялись { $count } раз, последнее изменение: { $actor }, { $at }.
}
member-removed = Пользователь { $name } удалён { $at } ({ $actor }).
member-left = Пользователь { $name } покинул(а) аккаунт { $at }.
member-roles = Роли сейчас
member-given = Выданы: { $actor }, { $date }
member-products = Продукты
member-since = С { $date }
member-all = Всё, что касается пользователя { $name }
