-- What watch starts the program with for a process of its own that fetches. Not for people.

return "fetch-for-watch"
