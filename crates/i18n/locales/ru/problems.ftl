# Problems as pages: a title, what it means, what to do. One set for each code of the API.

# On pages that stand in place of what was asked for. Variables: available and requested (seats), emails (a list).
problem-again = Попробовать ещё раз
problem-unsaved-input = То, что вы ввели, ниже: это можно скопировать.
problem-account = Вернуться в аккаунт
problem-not-the-form = Это не те поля, которые есть в форме. Откройте её страницу заново и отправьте форму оттуда.
problem-user-limit-exceeded-now = { $available ->
    [one] Осталось { $available } место
    [few] Осталось { $available } места
   *[many] Осталось { $available } мест
}, а приглашаете вы { $requested }. Никто не приглашён.
problem-registered-users-only-now = В этот аккаунт приглашают только зарегистрированных. Ещё не зарегистрированы: { $emails }. Никто не приглашён.

problem-malformed-json-title = Тело запроса — не JSON
problem-malformed-json-means = Тело запроса не читается как JSON, или в объекте дважды встречается один ключ.
problem-malformed-json-remedy = Отправьте один объект JSON в UTF-8. Место ошибки покажет любая проверка JSON.

problem-sign-in-required-title = Сначала войдите
problem-sign-in-required-means = Вы не вошли, или сеанс завершён.
problem-sign-in-required-remedy = Войдите и повторите.

problem-invalid-credentials-title = Адрес или пароль не подходит
problem-invalid-credentials-means = Адрес или логин и пароль не подходят друг к другу. Ответ одинаков для любой причины.
problem-invalid-credentials-remedy = Попробуйте ещё раз или сбросьте пароль.

problem-permission-denied-title = Это вам не разрешено
problem-permission-denied-means = Вы пользователь аккаунта, но для этого нужно разрешение, которого у вас нет.
problem-permission-denied-remedy = Обратитесь к владельцу или администратору пользователей аккаунта.

problem-role-not-grantable-title = Эти роли вы назначать не можете
problem-role-not-grantable-means = Эти роли назначает только владелец аккаунта.
problem-role-not-grantable-remedy = Уберите их или попросите владельца.

problem-owner-is-protected-title = Владельца не могут изменить или удалить другие
problem-owner-is-protected-means = У владельца есть все разрешения, и никто другой не может изменить его роли или удалить его.
problem-owner-is-protected-remedy = Если владельцем должен стать другой человек, попросите владельца передать аккаунт.

problem-cannot-edit-own-roles-title = Свои роли не меняет никто
problem-cannot-edit-own-roles-means = Роли всегда назначает кто-то другой.
problem-cannot-edit-own-roles-remedy = Попросите владельца или другого администратора пользователей.

problem-wrong-password-title = Пароль не подходит
problem-wrong-password-means = Для этого нужен ваш пароль, а введён другой.
problem-wrong-password-remedy = Введите его ещё раз или сбросьте.

problem-fresh-sign-in-required-title = Сначала войдите ещё раз
problem-fresh-sign-in-required-means = Для этого нужен вход за последние 10 минут.
problem-fresh-sign-in-required-remedy = Выйдите, войдите и повторите.

problem-cross-site-request-title = Запрос пришёл с другого сайта
problem-cross-site-request-means = Этот запрос отправила страница другого сайта, поэтому он не выполнен. Возможно, кто-то пытался действовать от вашего имени.
problem-cross-site-request-remedy = Если вы этого хотели, сделайте это с наших страниц.
problem-cross-site-request-at = Если вы этого хотели, сделайте это с наших страниц по адресу { $address }.

problem-misdirected-request-title = Это не наш адрес
problem-misdirected-request-means = Эта установка служит для проб на одном компьютере и отвечает только под своим именем, чтобы страницы других сайтов не могли до неё добраться.
problem-misdirected-request-remedy = Откройте адрес, который она показала при запуске.
problem-misdirected-request-at = Откройте { $address }.

problem-additional-actions-required-title = Нужны дополнительные действия
problem-additional-actions-required-means = Приглашение отправлено не на тот адрес, с которым вы вошли, или у вас нет адреса.
problem-additional-actions-required-remedy = Войдите с адресом из приглашения, зарегистрируйтесь с ним, смените на него адрес в профиле или попросите пригласить ваш адрес.

problem-not-found-title = Страница не найдена
problem-not-found-means = Здесь ничего нет, или вам нельзя об этом знать.
problem-not-found-remedy = Проверьте адрес или перейдите на главную страницу.

problem-method-not-allowed-title = Здесь этого сделать нельзя
problem-method-not-allowed-means = Такой адрес есть, но этот метод здесь ничего не делает.
problem-method-not-allowed-remedy = Используйте метод из заголовка Allow.

problem-user-limit-exceeded-title = Осталось слишком мало мест
problem-user-limit-exceeded-means = Каждый пользователь и каждое ожидающее приглашение занимает место, а свободных мест меньше, чем нужно. Никто не приглашён.
problem-user-limit-exceeded-remedy = Отзовите отправленные приглашения или удалите неактивных пользователей. Если система установлена у вас: или попросите системного администратора поднять лимит.

problem-registered-users-only-title = Пригласить можно только зарегистрированных
problem-registered-users-only-means = Аккаунт или вся система допускает только тех, кто уже зарегистрирован. Никто не приглашён.
problem-registered-users-only-remedy = Попросите их зарегистрироваться, затем пригласите снова.

problem-invitation-already-accepted-title = Приглашение уже принято
problem-invitation-already-accepted-means = Принятое приглашение нельзя изменить.
problem-invitation-already-accepted-remedy = Если его приняли вы, перейдите в аккаунт. Если кто-то другой, попросите новое.

problem-invitation-declined-title = Приглашение отклонено
problem-invitation-declined-means = Отклонённое приглашение нельзя изменить.
problem-invitation-declined-remedy = Попросите новое у того, кто приглашал.

problem-invitation-revoked-title = Приглашение отозвано
problem-invitation-revoked-means = Пригласивший или другой администратор отозвал приглашение.
problem-invitation-revoked-remedy = Попросите новое у того, кто приглашал.

problem-already-member-title = Адрес принадлежит пользователю аккаунта
problem-already-member-means = Приглашение хотели отправить на адрес того, кто уже пользуется этим аккаунтом.
problem-already-member-remedy = Отзовите приглашение или укажите другой адрес.

problem-already-invited-title = На этот адрес уже есть приглашение
problem-already-invited-means = Приглашение хотели отправить на адрес, у которого уже есть другое приглашение в этот аккаунт.
problem-already-invited-remedy = Отзовите одно из двух или укажите другой адрес.

problem-owner-cannot-leave-title = Владелец не может выйти
problem-owner-cannot-leave-means = У каждого аккаунта ровно один владелец.
problem-owner-cannot-leave-remedy = Сначала передайте аккаунт другому пользователю.

problem-cannot-remove-self-title = Себя не удаляет никто
problem-cannot-remove-self-means = Удалять можно других пользователей.
problem-cannot-remove-self-remedy = Чтобы уйти самому, выйдите из аккаунта.

problem-password-sign-in-off-title = По паролю здесь не входят
problem-password-sign-in-off-means = В эту установку входят только через другие сервисы.
problem-password-sign-in-off-remedy = Войдите через один из сервисов на странице входа.
problem-sign-up-closed-title = Новых пользователей здесь не принимают
problem-sign-up-closed-means = Эта установка не принимает новых пользователей или принимает только приглашённых.
problem-sign-up-closed-remedy = Откройте ссылку из приглашения или попросите системного администратора создать вам учётную запись.
problem-last-sign-in-method-title = Это последний способ входа
problem-last-sign-in-method-means = Без него войти было бы невозможно.
problem-last-sign-in-method-remedy = Сначала задайте пароль или подключите другой сервис.

problem-default-account-title = Личный аккаунт нельзя передать
problem-default-account-means = Этот аккаунт появился вместе с пользователем и остаётся его: в нём живут личные продукты.
problem-default-account-remedy = Создайте другой аккаунт и передайте его.

problem-account-limit-exceeded-title = Больше аккаунтов создать нельзя
problem-account-limit-exceeded-means = У вас уже столько аккаунтов, сколько может быть у одного пользователя.
problem-account-limit-exceeded-remedy = Сначала передайте один из них кому-нибудь.

problem-idempotency-key-in-use-title = Запрос с этим ключом ещё выполняется
problem-idempotency-key-in-use-means = На первый запрос с этим Idempotency-Key ответа ещё нет.
problem-idempotency-key-in-use-remedy = Подождите немного и повторите запрос.

problem-invitation-expired-title = Срок приглашения истёк
problem-invitation-expired-means = Приглашение действует ограниченное время, и у этого оно вышло.
problem-invitation-expired-remedy = Попросите новое у того, кто приглашал.

problem-link-no-longer-valid-title = Ссылка больше не действует
problem-link-no-longer-valid-means = Ссылка уже использована, слишком старая или заменена новой.
problem-link-no-longer-valid-remedy = Запросите другую.

problem-changed-meanwhile-title = Тем временем это изменил кто-то другой
problem-changed-meanwhile-means = Вы видели не последнее состояние, поэтому ваше изменение не выполнено.
problem-changed-meanwhile-remedy = Загрузите заново и повторите изменение.

problem-body-too-large-title = Запрос слишком большой
problem-body-too-large-means = В запросе может быть не больше 256 КиБ.
problem-body-too-large-remedy = Отправьте меньше за один раз.

problem-unsupported-media-type-title = Тело запроса другого типа
problem-unsupported-media-type-means = Тело запроса не того типа, который здесь нужен.
problem-unsupported-media-type-remedy = В API отправляйте JSON с заголовком Content-Type: application/json, а формы — с их страниц.

problem-field = { $field }: { $error }
problem-validation-failed-title = В запросе есть ошибки
problem-validation-failed-means = Что-то в запросе нельзя использовать в таком виде. Ничего не изменено.
problem-validation-failed-remedy = Исправьте то, что перечислено в ответе, и отправьте снова.

problem-idempotency-key-reused-title = Этот ключ уже был в другом запросе
problem-idempotency-key-reused-means = За последние 24 часа этот Idempotency-Key был в другом запросе.
problem-idempotency-key-reused-remedy = Для каждого нового запроса берите новый ключ.

problem-rate-limited-title = Слишком много запросов
problem-rate-limited-means = Это слишком много за один раз. Ничего не изменено.
problem-rate-limited-remedy = Подождите, сколько указано в Retry-After, и попробуйте ещё раз.

problem-internal-error-title = У нас что-то сломалось
problem-internal-error-means = Вы ни при чём, и ничего не изменено.
problem-internal-error-remedy = Попробуйте ещё раз. Если не поможет, сообщите нам номер обращения.

problem-unavailable-title = Сервис временно недоступен
problem-unavailable-means = База данных недоступна или занята, и ничего не подтверждено.
problem-unavailable-remedy = Попробуйте ещё раз чуть позже.
