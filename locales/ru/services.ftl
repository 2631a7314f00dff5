# Вход через сторонние службы.

services-continue = Продолжить через { $service }
services-or = или
sign-in-emergency-lead = На крайний случай:
sign-in-emergency = Войти по паролю
sign-in-emergency-text = Здесь входят только те, кого системный администратор создал на крайний случай. Все остальные входят через службу.
sign-up-closed-title = Новых пользователей здесь не принимают
refusal-password-sign-in-off = По паролю здесь не входят. Войдите через службу, которой пользуется ваша компания.
refusal-sign-up-by-invitation = Зарегистрироваться здесь могут только приглашённые. Откройте ссылку из приглашения и укажите адрес, на который оно пришло.
refusal-sign-up-closed = Новых пользователей здесь не принимают. Попросите системного администратора создать вам пользователя.
refusal-last-sign-in-method = Без неё вы не сможете войти. Сначала задайте пароль или подключите другую службу.

service-again = Попробовать ещё раз
service-other-way = Войти иначе
service-invitation = Назад к приглашению
service-stale-title = Этот путь назад из { $service } больше не действует
service-stale-text = Им уже воспользовались, прошло больше 10 минут, или он начат в другом браузере. Ничего не изменилось. Начните заново в этом браузере.
service-cancelled-title = Вы не дали согласия в { $service }
service-cancelled-text = Поэтому { $service } ничего нам не сообщает, и ничего не изменилось. Попробуйте ещё раз и согласитесь или войдите иначе.
service-away-title = { $service } не отвечает
service-away-text = Ничего не изменилось. Попробуйте через несколько минут или войдите иначе. Если это не проходит, сообщите тем, кто ведёт эту установку.
service-untrusted-title = Мы не смогли убедиться, кто вы
service-untrusted-text = В ответе { $service } нет того, что должно быть, поэтому мы вас не впустили. Ничего не изменилось. Попробуйте ещё раз; если это не проходит, сообщите тем, кто ведёт эту установку.
service-misconfigured-title = { $service } и эта установка не настроены друг на друга
service-misconfigured-text = Ничего не изменилось. Войдите иначе и сообщите тем, кто ведёт эту установку: команда «convoke check» скажет, что исправить.
service-address-taken-title = Этот адрес уже есть у другого пользователя
service-address-taken-text = { $service } сообщает адрес, который здесь уже принадлежит пользователю. Это вы? Войдите один раз по паролю, затем подключите { $service } в профиле.
service-closed-title = Новых пользователей здесь не принимают
service-closed-text = { $service } вас знает, но здесь у вас нет пользователя, и новых не принимают. Обратитесь к системному администратору.
service-address-taken-for-good-title = Этот адрес уже есть у другого пользователя
service-address-taken-for-good-text = { $service } сообщает адрес, который здесь уже принадлежит пользователю. Это вы? Попросите системного администратора на время разрешить вход по паролю: войдите один раз по своему паролю и подключите { $service } в профиле.
service-uninvited-title = Вам нужно приглашение
service-uninvited-text = { $service } вас знает, но адрес, который сообщает эта служба, никто не приглашал. Попросите пригласить этот адрес и вернитесь.
service-disabled-title = Этот пользователь не может войти
service-disabled-text = Системный администратор отключил этого пользователя. Спросите его, если это ошибка.
service-elsewhere-title = Этот вход в { $service } принадлежит другому пользователю
service-elsewhere-text = Он уже подключён к кому-то другому, поэтому к вам не подключён. Выйдите из { $service } и вернитесь под своим именем или сначала отключите его у другого пользователя.

connect-title = Подключить { $service }
connect-text = Тогда вы сможете входить и через { $service }.
connect-button = Подключить { $service }
way-profile = В профиль

profile-services-hint = Через них вы можете входить. Последний способ входа останется.
field-service = Служба
profile-service-disconnect = Отключить
profile-password-none = Вы входите через службу, пароля у вас нет. Задать его можно в течение 10 минут после входа.
email-add-title = Добавление адреса почты
profile-password-set = Задать пароль
field-current-password-hint = Можно не заполнять: вы только что вошли через службу.
done-connected = Служба подключена. Теперь через неё можно входить.
done-disconnected = Служба отключена.

invitation-no-address-service = Служба, через которую вы входите,
invitation-no-address-lead-other = Приглашение в «{ $account }» отправлено на { $invited }. { $service } не сообщает нам, что этот адрес ваш. Пользователь не создан.
invitation-no-address-any-text = В GitHub: Settings → Public profile → Public email, либо разрешите чтение адресов почты. В другой службе попросите тех, кто её ведёт. Затем войдите через службу ещё раз.
invitation-no-address-github-1 = В GitHub откройте Settings → Emails, добавьте адрес из приглашения и подтвердите его там.
invitation-no-address-github-2 = Выберите его в Settings → Public profile → Public email.
invitation-no-address-github-or = Или разрешите нам прочитать ваши адреса почты, когда GitHub спросит (user:email). Затем попробуйте ещё раз.
invitation-no-address-without = Продолжить без приглашения
invitation-no-address-without-text = Мы создадим вам пользователя. Добавьте и подтвердите адрес из приглашения в профиле, затем снова откройте ссылку из приглашения.
invitation-no-address-without-button = Продолжить и добавить адрес
