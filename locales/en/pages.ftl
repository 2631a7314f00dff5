page-title = { $title } · { $brand }
