package db

import (
	"encoding/json"

	"onionbot/services"
)

// list is a column that holds several things; "" for none.
func list[T any](all []T) (string, error) {
	if len(all) == 0 {
		return "", nil
	}
	b, err := json.Marshal(all)
	return string(b), err
}

// clientsIn reads the column that holds the clients of an onion. The first
// releases kept their keys alone.
func clientsIn(column string) (all []services.Client, err error) {
	if column == "" || json.Unmarshal([]byte(column), &all) == nil {
		return all, nil
	}
	var keys []string
	if err := json.Unmarshal([]byte(column), &keys); err != nil {
		return nil, err
	}
	all = nil
	for _, k := range keys {
		all = append(all, services.Client{Key: k})
	}
	return all, nil
}

// revealed is the column that holds an instance's secrets; "" for none. A
// secret does not print itself, not into JSON either.
func revealed(secrets map[string]services.Secret) (string, error) {
	if len(secrets) == 0 {
		return "", nil
	}
	plain := make(map[string]string, len(secrets))
	for name, s := range secrets {
		plain[name] = s.Reveal()
	}
	b, err := json.Marshal(plain)
	return string(b), err
}

// hidden is the reverse of revealed.
func hidden(column string) (map[string]services.Secret, error) {
	if column == "" {
		return nil, nil
	}
	var all map[string]services.Secret
	err := json.Unmarshal([]byte(column), &all)
	return all, err
}
