package conversation

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"onionbot/services"
)

// SaltSetting names the setting that is the installation's salt for the hashes of strangers.
const SaltSetting = "audit-salt"

// Salt returns the installation's salt, made on first use.
func Salt(ctx context.Context, store services.Store) (string, error) {
	var salt string
	err := store.Update(ctx, func(tx services.Tx) error {
		var err error
		if salt, err = tx.Setting(SaltSetting); err != nil || salt != "" {
			return err
		}
		b := make([]byte, 32)
		_, _ = rand.Read(b) // never fails
		salt = hex.EncodeToString(b)
		return tx.SetSetting(SaltSetting, salt)
	})
	if err != nil {
		return "", fmt.Errorf("salt of the audit: %w", err)
	}
	return salt, nil
}

// hashAccount is what the audit keeps of a stranger: enough to count them,
// not enough to name them.
func hashAccount(salt, network, account string) string {
	h := hmac.New(sha256.New, []byte(salt))
	h.Write([]byte(network + "\x00" + account))
	return hex.EncodeToString(h.Sum(nil)[:12])
}
