"""HTTP in and out: routes, guards, browser sessions, headers, pages. The only room that knows Flask."""
