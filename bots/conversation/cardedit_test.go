package conversation

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots"
	"onionbot/bots/botstest"
	"onionbot/services"
)

// editor is a network whose messages can be changed.
type editor struct{ *fakeAdapter }

func (editor) EditsQuietly() {}

// newPaper is an outbox on a network whose messages can be changed; said are
// the messages as their reader sees them now, by id.
func newPaper(t *testing.T, fail error) (p *post, said map[string]string) {
	said = make(map[string]string)
	p = newPost(t, func(o *OutboxOptions) { o.Adapters = []bots.Adapter{editor{o.Adapters[0].(*fakeAdapter)}} })
	p.adapter.answer(func(out bots.Outgoing) (string, error) {
		switch {
		case out.Quiet && out.Edit == "":
			t.Errorf("a quiet message without one to change: %+v", out)
		case out.Quiet && fail != nil:
			return "", fail
		case out.Edit != "":
			said[out.Edit] = out.Reply.Text
			return out.Edit, nil
		}
		said[out.Key] = out.Reply.Text
		return out.Key, nil
	})
	return p, said
}

// change changes the instance's row as the reconciler would.
func (p *post) change(how func(i *services.Instance)) {
	p.t.Helper()
	err := p.store.Update(context.Background(), func(tx services.Tx) error {
		i, err := tx.Instance(botstest.InstanceID)
		if err != nil {
			return err
		}
		how(i)
		return tx.PutInstance(i)
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// tell adds a notice about the instance and waits until it has gone out.
func (p *post) tell(n *services.Notice) {
	p.t.Helper()
	n.Instance = botstest.InstanceID
	if n.Args == nil {
		n.Args = map[string]string{"name": "site", "reason": "expired"}
	}
	p.add(n)
	time.Sleep(time.Second)
	synctest.Wait()
}

func TestTheCardMovesWithItsInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, said := newPaper(t, nil)
		p.addInstance()
		p.run()
		step := func(n *services.Notice, state services.State, card, want string) {
			t.Helper()
			p.change(func(i *services.Instance) { i.State = state })
			p.tell(n)
			if !strings.Contains(said[card], want) {
				t.Errorf("after %s the card says %q, want %q in it", n.Key, said[card], want)
			}
		}
		slot := "card/" + botstest.InstanceID
		step(&services.Notice{Key: "first", Kind: services.KindStarted, Slot: slot}, services.StatePublishing, "first", "is being published")
		step(&services.Notice{Key: "rings", Kind: services.KindReachable, Slot: slot, Alert: true}, services.StateReachable, "rings", "is reachable")
		if !strings.Contains(said["first"], "newer message") || strings.Contains(said["first"], botstest.Address) {
			t.Errorf("the card before it says %q", said["first"])
		}
		step(&services.Notice{Key: "down", Kind: services.KindDown, Alert: true}, services.StateDown, "rings", "is not reachable right now")
		step(&services.Notice{Key: "back", Kind: services.KindBack, Alert: true}, services.StateReachable, "rings", "is reachable")
		p.change(func(i *services.Instance) { i.ExpiresAt = time.Now().Add(30 * time.Hour) })
		step(&services.Notice{Key: "longer", Kind: services.KindExtended, Args: map[string]string{"by": "1h"}}, services.StateReachable, "rings", "1 day 6 h from now")
		before := said["rings"]
		p.tell(&services.Notice{Key: "reminder", Kind: services.KindReminder, Args: map[string]string{"left": "15m"}})
		if said["rings"] != before {
			t.Errorf("a reminder changed the card to %q", said["rings"])
		}
		p.change(func(i *services.Instance) { i.Desired = services.DesiredGone })
		step(&services.Notice{Key: "ending", Kind: services.KindStopping, Slot: "end/" + botstest.InstanceID}, services.StateReachable, "rings", "is being taken down")
		step(&services.Notice{Key: "gone", Kind: services.KindGone, Slot: "end/" + botstest.InstanceID, Alert: true}, services.StateGone, "rings", "is gone: its time was up")
		if strings.Contains(said["rings"], botstest.Address) {
			t.Error("the card of something that is gone still has the address")
		}
	})
}

func TestACardThatCannotBeChangedHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, said := newPaper(t, &bots.SendError{Cause: errors.New("502")})
		p.addInstance()
		p.run()
		p.tell(&services.Notice{Key: "first", Kind: services.KindStarted, Slot: "card/" + botstest.InstanceID})
		p.tell(&services.Notice{Key: "down", Kind: services.KindDown, Alert: true})
		p.tell(&services.Notice{Key: "back", Kind: services.KindBack, Alert: true})
		if said["down"] == "" || said["back"] == "" || len(p.pending()) != 0 || len(p.outcomes()) != 0 {
			t.Errorf("said %q, %d pending, audit %q", said, len(p.pending()), p.outcomes())
		}
	})
}

func TestACardInAnotherChatIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, said := newPaper(t, nil)
		p.addInstance()
		p.run()
		p.tell(&services.Notice{Key: "first", Kind: services.KindStarted, Slot: "card/" + botstest.InstanceID})
		before := said["first"]
		p.change(func(i *services.Instance) { i.Desired = services.DesiredGone })
		p.tell(&services.Notice{Key: "by the operator", Kind: services.KindStopping, To: services.Route{Network: "test", Account: "2", Chat: "d"}})
		if said["first"] != before || said["by the operator"] == "" {
			t.Errorf("said %q", said)
		}
	})
}

func TestANetworkThatCannotEditGetsNoSecondMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.addInstance()
		p.run()
		p.tell(&services.Notice{Key: "first", Kind: services.KindStarted, Slot: "card/" + botstest.InstanceID})
		p.tell(&services.Notice{Key: "down", Kind: services.KindDown, Alert: true})
		if n := len(p.adapter.all()); n != 2 {
			t.Errorf("%d messages, want 2", n)
		}
	})
}
