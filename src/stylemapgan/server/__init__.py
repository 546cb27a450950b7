"""HTTP API over AbstractEditor, and the Studio: a web page that uses it."""
