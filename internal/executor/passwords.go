package executor

import (
	"encoding/json"
	"errors"
)

// PasswordsVariable is the environment variable from which passwords come where no write-only attribute can give them: the console commands and
// data.mail_checks.
const PasswordsVariable = "TF_MAIL_PASSWORDS"

// ReadPasswords reads a JSON object of passwords by the name of a database, a user or a mailbox; an empty text has none. from is where the text
// came from, for the error, which shows nothing of the text.
func ReadPasswords(text, from string) (map[string]string, error) {
	given := map[string]string{}
	if text == "" {
		return given, nil
	}
	if err := json.Unmarshal([]byte(text), &given); err != nil || given == nil {
		return nil, errors.New(from + ` is not a JSON object of passwords by name, such as {"bj": "…"}`) // the cause's text would show a part of it
	}
	return given, nil
}
