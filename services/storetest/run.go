package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/services"
)

// Run is the conformance test of a store. open returns a fresh, empty one,
// and closes it when the test ends.
func Run(t *testing.T, open func(t *testing.T) services.Store) {
	tests := []struct {
		name string
		run  func(*testing.T, services.Store)
	}{
		{"InstanceComesBackWhole", instanceComesBackWhole},
		{"InstancesAreOrderedAndFiltered", instancesAreOrderedAndFiltered},
		{"NameIsTakenOnlyWhileMeantToRun", nameIsTakenOnlyWhileMeantToRun},
		{"EraseKeepsOnlyWhatTheAuditNeeds", eraseKeepsOnlyWhatTheAuditNeeds},
		{"UnknownStatesAreRefused", unknownStatesAreRefused},
		{"NoticeKeyWorksOnce", noticeKeyWorksOnce},
		{"NoticesAreDueInOrder", noticesAreDueInOrder},
		{"FinishedNoticeLosesWhatItCarried", finishedNoticeLosesWhatItCarried},
		{"OnlyTheKindsOfOneInstanceAreSkipped", onlyTheKindsOfOneInstanceAreSkipped},
		{"SlotNamesItsLastMessage", slotNamesItsLastMessage},
		{"EveryChatsFirstComesFirst", everyChatsFirstComesFirst},
		{"FilesHideNoWords", filesHideNoWords},
		{"AChatWaitsAsAWhole", aChatWaitsAsAWhole},
		{"AnAccountIsGivenUpAsAWhole", anAccountIsGivenUpAsAWhole},
		{"MessageIsTakenOnce", messageIsTakenOnce},
		{"HandledMessageStaysHandled", handledMessageStaysHandled},
		{"CursorsAndSettingsAreKept", cursorsAndSettingsAreKept},
		{"DroppedMessageLeavesNothing", droppedMessageLeavesNothing},
		{"MessagesOfOtherNetworksGo", messagesOfOtherNetworksGo},
		{"AuditIsNewestFirst", auditIsNewestFirst},
		{"CountedAuditIsOneEntryAnHour", countedAuditIsOneEntryAnHour},
		{"PurgeTakesOnlyTheOldAndFinished", purgeTakesOnlyTheOldAndFinished},
		{"PersonComesBackWhole", personComesBackWhole},
		{"RemovedPersonTakesEverythingAlong", removedPersonTakesEverythingAlong},
		{"AccountBelongsToOneUser", accountBelongsToOneUser},
		{"NewerInviteReplacesTheOlder", newerInviteReplacesTheOlder},
		{"SharesEndWithTheInstance", sharesEndWithTheInstance},
		{"FailedUpdateLeavesNothing", failedUpdateLeavesNothing},
		{"PanicLeavesNothing", panicLeavesNothing},
		{"EndedContextLeavesNothing", endedContextLeavesNothing},
		{"WaitingForTheWriterRespectsContext", waitingForTheWriterRespectsContext},
		{"UpdateSeesItsOwnWrites", updateSeesItsOwnWrites},
		{"ViewIsOneSnapshot", viewIsOneSnapshot},
		{"ViewCannotWrite", viewCannotWrite},
		{"TransactionEndsWithItsFunction", transactionEndsWithItsFunction},
		{"UpdatesAreSerialised", updatesAreSerialised},
		{"ScrubKeepsWhatIsStored", scrubKeepsWhatIsStored},
		{"ClosedStoreRefuses", closedStoreRefuses},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t)) })
	}
}

// base is the moment around which the tests happen.
var base = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

// sample is an instance with every field set.
func sample(id string) *services.Instance {
	return &services.Instance{
		ID: id, Owner: "alice", Service: "site", Name: "name-" + id,
		Origin: services.Route{Network: "telegram", Account: "4711", Chat: "c1", ReplyTo: "m1"},
		Onion: services.Onion{
			Address: "addr-" + id + ".onion", Key: services.Secret("ED25519-V3:" + id),
			Clients: []services.Client{{Person: "ana", Key: "A"}, {Person: "bob", Key: "B"}},
		},
		HostKey: services.HostKey{PrivatePEM: services.Secret("PEM-" + id), Fingerprint: "SHA256:" + id},
		Secrets: map[string]services.Secret{"admin": services.Secret("secret-" + id), "owner": "two"},
		Rules:   services.Rules{Idle: 15 * time.Minute, Visits: 20},
		Desired: services.DesiredRunning, State: services.StateReachable,
		Reason: services.ReasonStopped, Fault: services.FaultProbe,
		Visits: 3, Content: 2, Repairs: 1,
		CreatedAt: base, ExpiresAt: base.Add(time.Hour), ReadyAt: base.Add(time.Second),
		CheckedAt: base.Add(time.Minute), EndedAt: base.Add(2 * time.Hour), UpdatedAt: base.Add(3 * time.Hour),
	}
}

func update(t *testing.T, s services.Store, fn func(services.Tx)) {
	t.Helper()
	err := s.Update(t.Context(), func(tx services.Tx) error { fn(tx); return nil })
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func view(t *testing.T, s services.Store, fn func(services.Tx)) {
	t.Helper()
	err := s.View(t.Context(), func(tx services.Tx) error { fn(tx); return nil })
	if err != nil {
		t.Fatalf("View: %v", err)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is takes the value and the error of a call and compares the value.
func is[T any](t *testing.T, want T) func(got T, err error) {
	t.Helper()
	return func(got T, err error) {
		t.Helper()
		ok(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

func wantCode(t *testing.T, err error, code services.Code) {
	t.Helper()
	if !services.IsCode(err, code) {
		t.Errorf("error is %v, want code %s", err, code)
	}
}

var errOnPurpose = errors.New("on purpose")

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}
