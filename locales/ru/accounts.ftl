# The Accounts page, an account's head and settings.

tab-overview = Обзор
tab-users = Пользователи
tab-invitations = Приглашения
tab-activity = Журнал
tab-settings = Настройки
account-owned-by = Владелец: { $owner }
account-created = Создан { $date }
account-copy-id = Скопировать идентификатор аккаунта
account-invite = Пригласить пользователей
seats-title = Места
seats-of = { $members } из { $limit }
seats-rest = { $pending ->
    [one] { $pending } приглашение ожидает
    [few] { $pending } приглашения ожидают
   *[many] { $pending } приглашений ожидают
} · осталось { $available }
