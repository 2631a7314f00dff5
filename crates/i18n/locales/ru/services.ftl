# Sign-in through third-party services.

services-continue = Продолжить через { $service }
services-or = или
sign-in-emergency-lead = На крайний случай:
sign-in-emergency = Войти по паролю
sign-in-emergency-text = Здесь входят только те, кого системный администратор создал на крайний случай. Все остальные входят через сервис.
sign-in-emergency-rejected = Почта или пароль не подходят, либо этому пользователю нельзя входить по паролю.
sign-up-closed-title = Новых пользователей здесь не принимают
error-password-sign-in-off = По паролю здесь не входят. Войдите через сервис, которым пользуется ваша компания.
error-sign-up-by-invitation = Зарегистрироваться здесь могут только приглашённые. Откройте ссылку из приглашения и укажите адрес, на который оно пришло.
error-sign-up-closed = Новых пользователей здесь не принимают. Попросите системного администратора создать вам учётную запись.
error-last-sign-in-method = Без него вы не сможете войти. Сначала задайте пароль или подключите другой сервис.

service-again = Попробовать ещё раз
service-other-way = Войти иначе
service-invitation = Назад к приглашению
service-stale-title = Эта попытка входа через { $service } уже недействительна
service-stale-text = Она уже завершена, заняла больше 10 минут или начата в другом браузере. Ничего не изменилось. Начните заново в этом браузере.
service-cancelled-title = Вы не разрешили { $service } сообщить нам, кто вы
service-cancelled-text = Ничего не изменилось. Попробуйте ещё раз и согласитесь или войдите иначе.
service-unavailable-title = { $service } не отвечает
service-unavailable-text = Ничего не изменилось. Попробуйте через несколько минут или войдите иначе. Если это не проходит, сообщите администратору этой системы.
service-untrusted-title = Мы не смогли убедиться, кто вы
service-untrusted-text = Ответ { $service } не прошёл проверку, поэтому мы вас не впустили. Ничего не изменилось. Попробуйте ещё раз; если это не проходит, сообщите администратору этой системы.
service-misconfigured-title = Вход через { $service } настроен неправильно
service-misconfigured-text = Ничего не изменилось. Войдите иначе и сообщите администратору этой системы.
service-address-taken-title = Этот адрес уже есть у другой учётной записи
service-address-taken-text = { $service } сообщает адрес, который здесь уже принадлежит учётной записи. Она ваша? Войдите один раз по паролю, затем подключите { $service } в профиле. Если раньше вы входили через другой сервис, войдите через него.
service-closed-title = Новых пользователей здесь не принимают
service-closed-text = { $service } вас знает, но здесь у вас нет учётной записи, а новых пользователей не принимают. Обратитесь к системному администратору.
service-address-taken-for-good-title = Этот адрес уже есть у другой учётной записи
service-address-taken-for-good-text = { $service } сообщает адрес, который здесь уже принадлежит учётной записи. Она ваша? Войдите через тот сервис, которым пользовались раньше, затем подключите { $service } в профиле. Если у вас был только пароль, обратитесь к администратору этой системы.
service-uninvited-title = Вам нужно приглашение
service-uninvited-text = { $service } вас знает, но адрес, который сообщает этот сервис, никто не приглашал. Попросите пригласить этот адрес и вернитесь.
service-disabled-title = Эта учётная запись отключена
service-disabled-text = Системный администратор отключил вашу учётную запись. Спросите его, если это ошибка.
service-elsewhere-title = Этот вход в { $service } подключён к другой учётной записи
service-elsewhere-text = Он уже подключён к чужой учётной записи, поэтому к вашей не подключён. Выйдите из { $service } и вернитесь под своим именем или сначала отключите его там.

connect-title = Подключить { $service }
connect-text = Тогда тот, кто вошёл в { $service } в этом браузере, сможет входить сюда под вашим именем. Подключайте, только если это вы.
connect-password-text = Сначала введите пароль. То, что вы подключите, сможет входить под вашим именем.
connect-password-button = Продолжить
connect-button = Подключить { $service }
connect-another-button = Подключить ещё один вход через { $service }
way-profile = В профиль

profile-services-hint = Через них вы можете входить. Последний способ входа останется.
field-service = Сервис
profile-service-disconnect = Отключить
profile-password-none = Вы входите через сервис, пароля у вас нет. Задать его можно в течение 10 минут после входа.
email-add-title = Добавление адреса почты
profile-password-set = Задать пароль
field-current-password-hint = Можно не заполнять: вы только что вошли через сервис.
done-connected = Сервис подключён. Теперь через него можно входить.
done-disconnected = Сервис отключён.

invitation-no-address-service = Сервис, через который вы входите,
invitation-no-address-lead-other = Приглашение в «{ $account }» отправлено на { $invited }. { $service } не сообщает нам, что этот адрес ваш. Учётная запись не создана.
invitation-no-address-any-text = В GitHub: Settings → Public profile → Public email, либо разрешите чтение адресов почты. В другом сервисе обратитесь к его администратору. Затем войдите через сервис ещё раз.
invitation-no-address-github-1 = В GitHub откройте Settings → Emails, добавьте адрес из приглашения и подтвердите его там.
invitation-no-address-github-2 = Выберите его в Settings → Public profile → Public email.
invitation-no-address-github-or = Или разрешите нам прочитать ваши адреса почты, когда GitHub спросит (user:email). Затем попробуйте ещё раз.
invitation-no-address-without = Продолжить без приглашения
invitation-no-address-without-text = Мы создадим вам учётную запись. Добавьте и подтвердите адрес из приглашения в профиле, затем снова откройте ссылку из приглашения.
invitation-no-address-without-button = Продолжить и добавить адрес
