# Emails. Each has a subject, a heading, a preheader (the line that mail programs list beside the subject) and
# paragraphs; the facts, the button and the links follow.
#
# Variables: brand, account, inviter, name (of a person), email, product, roles, until (a time with its
# time zone), service, url.

# Facts
mail-fact-account = Аккаунт
mail-fact-address = Адрес
mail-fact-answer-by = Ответьте до
mail-fact-at = Когда
mail-fact-changed-at = Когда изменено
mail-fact-expires = Действует до
mail-fact-from = Откуда выполнен вход
mail-fact-invited-by = Приглашает
mail-fact-new-address = Новый адрес
mail-fact-offered-by = Предлагает
mail-fact-product = Продукт
mail-fact-roles = Роли
mail-fact-service = Сервис
mail-fact-until = Ссылка действует до
mail-fact-user = Пользователь
mail-fact-users = Пользователи
mail-role = { $role } ({ $meaning })
mail-no-roles = Ролей нет. Вы остаётесь пользователем аккаунта.

# Parts of every email
mail-greeting = Здравствуйте, { $name }!
mail-plain-link = Если кнопка не работает, скопируйте эту ссылку в браузер:
mail-footer = Это письмо отправил { $brand }: { $url }
mail-link-reset = Сбросить пароль
mail-link-support = Получить помощь

# Confirmation of a sign-up. No name: someone else may have entered it.
mail-confirm-sign-up-subject = Завершите регистрацию в { $brand }
mail-confirm-sign-up-heading = Завершите регистрацию
mail-confirm-sign-up-preheader = Откройте ссылку и введите пароль, который выбрали. Она действует до { $until }.
mail-confirm-sign-up-body = Кто-то, вероятно вы, регистрируется в { $brand } с этим адресом. Чтобы завершить регистрацию, откройте ссылку и введите пароль, который выбрали.
mail-confirm-sign-up-button = Завершить регистрацию
mail-confirm-sign-up-closing = Если это были не вы, не обращайте внимания на это письмо. Без этой ссылки завершить регистрацию нельзя.

# Sign-up with an address that has a user already
mail-already-registered-subject = Вы уже зарегистрированы в { $brand }
mail-already-registered-heading = Вы уже зарегистрированы
mail-already-registered-preheader = Если это были вы, войдите или сбросьте пароль.
mail-already-registered-body = Кто-то, вероятно вы, пытается зарегистрироваться в { $brand } с вашим адресом. С ним вы уже зарегистрированы, поэтому ничего не изменилось.
mail-already-registered-remedy = Если это были вы, войдите или сбросьте пароль.
mail-already-registered-button = Войти
mail-already-registered-invitation = { $inviter } приглашает вас в «{ $account }». Для этого подойдёт ваша прежняя учётная запись: откройте приглашение и войдите с этим адресом.
mail-already-registered-invitation-preheader = Войдите, чтобы принять приглашение в «{ $account }» от { $inviter }.
mail-already-registered-invitation-button = Войти, чтобы принять
mail-already-registered-closing = Если это были не вы, не обращайте внимания на это письмо.

# Invitation to an account
mail-invitation-subject = { $inviter } приглашает вас в «{ $account }»
mail-reminder-subject = Напоминание: { $inviter } приглашает вас в «{ $account }»
mail-invitation-heading = Присоединяйтесь к аккаунту «{ $account }»
mail-invitation-preheader = { $product }: { $roles }. Ответьте до { $until }.
mail-invitation-body = { $inviter } приглашает вас в аккаунт «{ $account }» для работы с { $product }. Ответьте до { $until }.
mail-reminder-body = { $inviter } приглашает вас в аккаунт «{ $account }» для работы с { $product } и ждёт вашего ответа. Ответьте до { $until }.
mail-invitation-button = Посмотреть приглашение
mail-invitation-sent-to = Отправлено на { $email }. Для входа используйте этот адрес.
mail-invitation-closing = Если вы этого не ждали, не обращайте внимания на это письмо. Пока вы не примете приглашение, ничего не произойдёт.

# Password reset
mail-reset-password-subject = Сброс пароля в { $brand }
mail-reset-password-heading = Сброс пароля
mail-reset-password-preheader = Откройте ссылку и выберите новый пароль. Она действует до { $until }.
mail-reset-password-body = Кто-то, вероятно вы, хочет сбросить ваш пароль в { $brand }. Откройте ссылку и выберите новый.
mail-reset-password-button = Выбрать новый пароль
mail-reset-password-closing = Если это были не вы, не обращайте внимания на это письмо. Пароль останется прежним.

# Confirmation of a new address. No name: the mailbox may be someone else's.
mail-confirm-email-subject = Подтвердите новый адрес почты в { $brand }
mail-confirm-email-heading = Подтвердите новый адрес почты
mail-confirm-email-preheader = Войдите и откройте ссылку. Она действует до { $until }.
mail-confirm-email-body = Кто-то, вероятно вы, хочет использовать этот адрес в { $brand }. Войдите как прежде, затем откройте ссылку и подтвердите, что этот ящик ваш.
mail-confirm-email-button = Подтвердить адрес
mail-confirm-email-closing = Если это были не вы, не обращайте внимания на это письмо. Без этой ссылки ничего не изменится.

# The requested new address is another user's
mail-email-taken-subject = Этот адрес уже используется в { $brand }
mail-email-taken-heading = Этот адрес уже используется
mail-email-taken-preheader = Кто-то хотел использовать его для другого входа. Ничего не изменилось.
mail-email-taken-body = Кто-то, вероятно вы, хотел использовать этот адрес в { $brand } для другого входа. Адрес может принадлежать только одной учётной записи, поэтому ничего не изменилось.
mail-email-taken-remedy = Если это были вы, войдите с этим адресом или сначала смените адрес в учётной записи, которой он принадлежит.
mail-email-taken-button = Войти
mail-email-taken-closing = Если это были не вы, не обращайте внимания на это письмо.

# The password was changed
mail-password-changed-subject = Ваш пароль в { $brand } изменён
mail-password-changed-heading = Ваш пароль изменён
mail-password-changed-preheader = Если это были не вы, сбросьте пароль сейчас же.
mail-password-changed-body = Ваш пароль в { $brand } изменён, все остальные сеансы завершены.
mail-password-changed-remedy = Если это были вы, ничего делать не нужно. Если не вы, ваш пароль знает кто-то ещё: сбросьте его сейчас же.
mail-password-changed-button = Сбросить пароль

# A first password was set
mail-password-added-subject = К вашему входу в { $brand } добавлен пароль
mail-password-added-heading = Добавлен пароль
mail-password-added-body = К вашему входу в { $brand } добавлен пароль. Теперь войти можно и с ним.
mail-password-added-remedy = Если это были вы, ничего делать не нужно. Если не вы, от вашего имени входит кто-то другой: сбросьте пароль сейчас же.

# A service was connected or disconnected
mail-service-connected-subject = К вашему входу в { $brand } подключён сервис { $service }
mail-service-connected-heading = Подключён сервис { $service }
mail-service-connected-body = К вашему входу в { $brand } подключён сервис { $service }. Теперь можно входить через него.
mail-service-disconnected-subject = От вашего входа в { $brand } отключён сервис { $service }
mail-service-disconnected-heading = Отключён сервис { $service }
mail-service-disconnected-body = От вашего входа в { $brand } отключён сервис { $service }. Входить через него больше нельзя.
mail-service-preheader = Если это были не вы, проверьте свой профиль сейчас же.
mail-service-remedy = Если это были вы, ничего делать не нужно. Если не вы, от вашего имени входит кто-то другой: откройте профиль, завершите все остальные сеансы и проверьте подключённые сервисы.
mail-profile-button = Открыть профиль

# A break-glass user has signed in
mail-break-glass-sign-in-subject = Аварийный пользователь вошёл в { $brand }
mail-break-glass-sign-in-heading = Вошёл аварийный пользователь
mail-break-glass-sign-in-preheader = Если это не кто-то из вас, завершите сеанс сейчас же.
mail-break-glass-sign-in-body = Кто-то вошёл в { $brand } как аварийный пользователь с этим адресом.
mail-break-glass-sign-in-remedy = Если это кто-то из вас, ничего делать не нужно. Если нет, пароль знает кто-то ещё: войдите, смените его и завершите все остальные сеансы.

# The address was changed; sent to the former one
mail-email-changed-subject = Ваш адрес почты в { $brand } изменён
mail-email-changed-heading = Ваш адрес почты изменён
mail-email-changed-preheader = Новый адрес: { $email }.
mail-email-changed-body = Ваш адрес почты в { $brand } изменён. Письма теперь приходят на новый.
mail-email-changed-remedy = Если это были вы, ничего делать не нужно. Если не вы, от вашего имени входит кто-то другой: сразу обратитесь за помощью.
mail-email-changed-remedy-alone = Если это были вы, ничего делать не нужно. Если не вы, от вашего имени входит кто-то другой: сразу сообщите тем, кто управляет { $brand } у вас.
mail-email-changed-button = Получить помощь

# Roles in an account were changed
mail-roles-changed-subject = Ваши роли в «{ $account }» изменены
mail-roles-changed-heading = Ваши роли изменены
mail-roles-changed-preheader = Ваши роли в «{ $account }» теперь: { $roles }.
mail-roles-changed-preheader-none = Теперь у вас нет ролей в «{ $account }».
mail-roles-changed-body = Вот ваши роли в аккаунте «{ $account }» с этого момента.
mail-roles-changed-button = Открыть аккаунт
mail-roles-changed-closing = Если вам нужны другие роли, обратитесь к владельцу или администратору пользователей аккаунта.

# The user was removed from an account
mail-removed-subject = Вы больше не пользователь аккаунта «{ $account }»
mail-removed-heading = Вы больше не пользователь аккаунта «{ $account }»
mail-removed-preheader = Ваших ролей там больше нет. Остальные ваши аккаунты остаются прежними.
mail-removed-body = Вас исключили из аккаунта «{ $account }». Ваших ролей там больше нет. Вход и остальные ваши аккаунты остаются прежними.
mail-removed-button = Посмотреть свои аккаунты
mail-removed-closing = Если вы считаете это ошибкой, попросите новое приглашение у владельца или администратора пользователей аккаунта.

# The invitation was accepted; sent to the inviter
mail-joined-heading = { $name } теперь в аккаунте «{ $account }»
mail-joined-as-heading = { $name } теперь в аккаунте «{ $account }» ({ $roles })
mail-joined-preheader = Ваше приглашение принято: { $name }.
mail-joined-body = Ваше приглашение принято: { $name } теперь среди пользователей аккаунта «{ $account }».
mail-joined-several-heading = { $name } и ещё { $others ->
    [one] { $others } человек
    [few] { $others } человека
   *[other] { $others } человек
} теперь в аккаунте «{ $account }»
mail-joined-several-preheader = Принято приглашений: { $count }.
mail-joined-several-body = Принято приглашений: { $count }. Эти люди теперь среди пользователей аккаунта «{ $account }».
mail-joined-button = Посмотреть пользователей

# The invitation was declined; sent to the inviter
mail-declined-subject = Приглашение в «{ $account }» отклонено: { $email }
mail-declined-heading = Ваше приглашение отклонено
mail-declined-preheader = { $email } не присоединится к аккаунту «{ $account }».
mail-declined-body = Приглашение в аккаунт «{ $account }», отправленное на { $email }, отклонено. Место снова свободно.
mail-declined-several-subject = Приглашения в «{ $account }» отклонены: { $count }
mail-declined-several-heading = Отклонено приглашений: { $count }
mail-declined-several-preheader = { $email } и другие не присоединятся к аккаунту «{ $account }».
mail-declined-several-body = Приглашения в аккаунт «{ $account }», отправленные на эти адреса, отклонены. Места снова свободны.
mail-declined-button = Посмотреть приглашения
mail-declined-closing = Чтобы пригласить ещё раз, отправьте новое приглашение.

# The invitee asks for an invitation to another address; sent to the inviter
mail-address-requested-subject = Приглашение в «{ $account }»: просьба указать другой адрес
mail-address-requested-heading = Пригласить на другой адрес?
mail-address-requested-preheader = Ваше приглашение отправлено на { $email }.
mail-address-requested-body = Вы пригласили { $email } в аккаунт «{ $account }». Человек, у которого есть ссылка из приглашения, просит пригласить его на { $requested }.
mail-address-requested-button = Пригласить { $requested }
mail-address-requested-closing = Роли и место останутся прежними, а первая ссылка перестанет работать. Если адрес вам незнаком, сначала спросите этого человека. Если ничего не делать, приглашение останется прежним.

# Offer of ownership
mail-ownership-offer-subject = Вам предлагают стать владельцем аккаунта «{ $account }»
mail-ownership-offer-heading = Станьте владельцем аккаунта «{ $account }»
mail-ownership-offer-preheader = Предлагает { $name }. Ответьте до { $until }.
mail-ownership-offer-body = { $name } предлагает вам стать владельцем аккаунта «{ $account }». Владелец может в нём всё и отвечает за него.
mail-ownership-offer-button = Посмотреть предложение
mail-ownership-offer-closing = Если вы этого не ждали, не обращайте внимания на это письмо. Пока вы не примете предложение, ничего не произойдёт.

# Test email of `convoke check --mail-to`
mail-test-subject = Проверочное письмо от { $brand }
mail-test-heading = Доставка почты работает
mail-test-preheader = Письмо отправлено для проверки почты. Ничего делать не нужно.
mail-test-body = Администратор { $brand } отправил это письмо, чтобы проверить доставку почты. Ничего делать не нужно.
