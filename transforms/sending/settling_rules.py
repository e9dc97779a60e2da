"""Settling rules: a call and what came of it in, what that means for each of its messages and for the partner out."""

from transforms.sending.delivery_rules import ENDED, Deliveries
from transforms.sending.outbox_state import FIGURE, Answer, Call, Entry, Result

ALONE_AFTER = 2  # failures of a batch; then each of its messages goes by itself, so that one cannot fail the others
UNSURE_SECONDS = 60.0  # after which a call that timed out is thought to have done whatever it will do


class Settling(Deliveries):
    """What the answers of a partner do to its messages; `Outbox` adds when to call."""

    def settle(self, call: Call, answer: Answer, now: float) -> None:
        """What an answer means."""
        if answer.outcome == "throttled":
            self._throttled(call, answer, now)
        elif answer.outcome in ("down", "failed", "unknown"):
            self._broken(call, answer, now)
        else:
            self.failures, self.open_until, self.throttles[call.phase] = 0, 0.0, 0
            if answer.outcome == "refused":
                self._refused(call, answer, now)
            elif answer.outcome == "pending":
                self._ask_again(call, self.terms.poll_seconds, now)
            elif call.phase == "read":
                self._read(call, answer, now)
            else:
                self._done(call, answer, now)

    def _throttled(self, call: Call, answer: Answer, now: float) -> None:
        self.throttles[call.phase] += 1
        pause = self._pause(call.phase, self.throttles[call.phase])
        asked_for = answer.retry_after_seconds
        self.paused_until[call.phase] = now + (pause if asked_for is None else asked_for)
        self._put_back(call, answer, now, 0.0)

    def _broken(self, call: Call, answer: Answer, now: float) -> None:
        self.failures += 1
        self.trouble = answer.message
        if self.failures >= self.terms.failures_max:
            pause = self._pause("partner", self.failures)
            self.open_until = now + max(pause, answer.retry_after_seconds or 0.0)
        self._put_back(call, answer, now, None)

    def _put_back(self, call: Call, answer: Answer, now: float, after: float | None) -> None:
        """Try the same later; `after` None: after a pause, the same for all of the call, so that it stays one."""
        pause = self._pause(call.idempotency_key, max(1, self.failures)) if after is None else after
        if call.phase != "send":
            self._ask_again(call, pause, now)
            return
        for entry in self._under_way(call):
            entry.message = answer.message
            entry.unsure = entry.unsure or answer.outcome == "unknown"
            if answer.outcome == "failed":
                self._retry(entry, answer.message, now, pause)
            elif entry.newer is not None:
                self._next(entry, now)
            else:
                self.wait(entry, now + pause)

    def _retry(self, entry: Entry, words: str, now: float, pause: float | None = None) -> None:
        entry.attempts += 1
        entry.message = words
        entry.known = None  # what we thought it had may be what was wrong
        entry.alone = entry.attempts >= ALONE_AFTER
        if entry.newer is not None:
            self._next(entry, now)
        elif entry.attempts >= self.terms.attempts_max:
            self.fail(entry, "not_delivered", f"gave up after {entry.attempts} attempts: {words}", now)
        else:
            self.wait(entry, now + (self._pause(entry.wanted.key, entry.attempts) if pause is None else pause))

    def _refused(self, call: Call, answer: Answer, now: float) -> None:
        if call.phase != "send":
            self._ask_again(call, self.terms.pause_seconds_max, now)
            return
        for entry in self._under_way(call):
            if len(call.messages) == 1:
                self.fail(entry, "refused_by_partner", answer.message, now)
            else:
                entry.alone, entry.message = True, answer.message
                self.wait(entry, now)

    def _done(self, call: Call, answer: Answer, now: float) -> None:
        entries = list(self._under_way(call))
        self.receipts.pop(call.receipt, None)
        keys = [entry.wanted.key for entry in entries if entry.wanted.key not in answer.results]
        if answer.receipt and keys:
            ask_at = now + self.terms.poll_seconds
            self.receipts[answer.receipt] = (keys, ask_at, now + self.terms.result_seconds_max)
            self.polls.put(answer.receipt, ask_at)
        for entry in entries:
            result, words = answer.results.get(entry.wanted.key, (answer.otherwise, ""))
            self._result(entry, result, words, answer.receipt, now)

    def _result(self, entry: Entry, result: Result, words: str, receipt: str, now: float) -> None:
        if result == "retry":
            self._retry(entry, words, now)
        elif result == "refused":
            self.fail(entry, "refused_by_partner", words, now)
        elif result == "applied":
            self._applied(entry, now)
        else:
            entry.status, entry.receipt = "accepted", receipt
            self.changed.add(entry.wanted.key)
            self._queue(entry)
            if not receipt:
                self._plan_read(entry, self.terms.read_back_seconds, now)
                self._next(entry, now)

    def _applied(self, entry: Entry, now: float) -> None:
        entry.status, entry.receipt, entry.alone, entry.message = "applied", "", False, ""
        entry.applied_at, entry.applied_version, entry.known = now, entry.wanted.version, entry.wanted.quantity
        self.changed.add(entry.wanted.key)
        soon = UNSURE_SECONDS if entry.unsure and entry.wanted.kind == FIGURE else self.terms.verify_seconds
        entry.unsure = False
        self._plan_read(entry, soon, now)
        self._next(entry, now)

    def _read(self, call: Call, answer: Answer, now: float) -> None:
        for message in call.messages:
            entry = self.entries[message.key]
            if entry.wanted.version != message.version or entry.status not in ("accepted", *ENDED) or entry.receipt:
                continue
            found = answer.figures.get(message.key)
            if found == message.quantity:
                entry.attempts = 0
                self._applied(entry, now)
            elif found is None:
                self._not_there(entry, now)
            else:
                if entry.status in ENDED:
                    entry.attempts, entry.offered_at = 0, now  # it drifted since, which is no fault of the message
                self._retry(entry, f"the partner has {found:f}, expected {message.quantity:f}", now)

    def _not_there(self, entry: Entry, now: float) -> None:
        words = f"the partner has no figure of {entry.wanted.key}"
        if entry.status == "accepted":
            self._retry(entry, words, now)
            return
        entry.message = words
        self.changed.add(entry.wanted.key)
        self._plan_read(entry, self.terms.verify_seconds, now)

    def _ask_again(self, call: Call, after: float, now: float) -> None:
        if call.phase == "read":
            for message in call.messages:
                self._plan_read(self.entries[message.key], after, now)
        elif call.phase == "poll" and call.receipt in self.receipts:
            keys, _, until = self.receipts[call.receipt]
            if now < until:
                self.receipts[call.receipt] = (keys, now + after, until)
                self.polls.put(call.receipt, now + after)
                return
            for entry in self._under_way(call):
                entry.unsure = True
                self._retry(entry, f"no result of {call.receipt} in {self.terms.result_seconds_max:g} s", now)
            del self.receipts[call.receipt]

    def _under_way(self, call: Call) -> list[Entry]:
        """The entries of a call that are still where it left them."""
        found = [self.entries[message.key] for message in call.messages if message.key in self.entries]
        return [one for one in found if one.status == "sent" or (call.receipt and one.receipt == call.receipt)]
