package org.apache.beam.runners.fnexecution.control;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.UUID;
import org.apache.beam.model.fnexecution.v1.BeamFnApi.DelayedBundleApplication;
import org.apache.beam.model.fnexecution.v1.BeamFnApi.ProcessBundleResponse;
import org.apache.beam.runners.core.StateInternalsFactory;
import org.apache.beam.runners.core.StateNamespace;
import org.apache.beam.runners.core.StateNamespaces;
import org.apache.beam.runners.core.StateTags;
import org.apache.beam.runners.core.TimerInternalsFactory;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.beam.sdk.util.WindowedValue;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * What an unbounded source has yet to read, kept until it is asked again: in place of Beam's class of this name.
 *
 * <p>Beam's (apache/beam issue 27648) gives each such rest a state with a name of its own and never clears it. Flink
 * keeps a table for every name it ever heard and writes all of them into every checkpoint, so a source that is asked
 * ten times a second costs more memory and longer checkpoints with every hour. Here the name of a rest whose timer has
 * fired is given to the next one: the runner asks {@code isSdfTimer} for it when it does, reads the rest in the same
 * breath, and ends the bundle, which is when there are new rests, in the same thread. A name is random, so that it is
 * no other's after a restart, and stands for one rest at a time. A rest also waits as long as the source asked for, of
 * which Beam's drops the part of a second.
 */
public final class BundleCheckpointHandlers {
  private BundleCheckpointHandlers() {}

  /** Keeps the rest of a source in keyed state, under the id of the timer that brings it back. */
  public static class StateAndTimerBundleCheckpointHandler<T> implements BundleCheckpointHandler {
    public static final String SDF_PREFIX = "sdf_checkpoint";

    private static final ThreadLocal<Deque<String>> FIRED = ThreadLocal.withInitial(ArrayDeque::new);

    private final TimerInternalsFactory<T> timers;
    private final StateInternalsFactory<T> states;
    private final Coder<WindowedValue<T>> restCoder;
    private final Coder<BoundedWindow> windowCoder;

    @SuppressWarnings("unchecked")
    public StateAndTimerBundleCheckpointHandler(
        TimerInternalsFactory<T> timers,
        StateInternalsFactory<T> states,
        Coder<WindowedValue<T>> restCoder,
        @SuppressWarnings("rawtypes") Coder windowCoder) {
      this.timers = timers;
      this.states = states;
      this.restCoder = restCoder;
      this.windowCoder = windowCoder;
    }

    public static boolean isSdfTimer(String timerId) {
      boolean isOurs = timerId.startsWith(SDF_PREFIX);
      if (isOurs) {
        FIRED.get().add(timerId);
      }
      return isOurs;
    }

    @Override
    public void onCheckpoint(ProcessBundleResponse response) {
      for (DelayedBundleApplication delayed : response.getResidualRootsList()) {
        if (delayed.hasApplication()) {
          try {
            keep(delayed);
          } catch (IOException error) {
            throw new IllegalStateException("the rest of a source cannot be read", error);
          }
        }
      }
    }

    private void keep(DelayedBundleApplication delayed) throws IOException {
      byte[] element = delayed.getApplication().getElement().toByteArray();
      WindowedValue<T> rest = CoderUtils.decodeFromByteArray(restCoder, element);
      for (BoundedWindow window : rest.getWindows().toArray(new BoundedWindow[0])) {
        StateNamespace namespace = StateNamespaces.window(windowCoder, window);
        String id = FIRED.get().isEmpty() ? SDF_PREFIX + ":" + UUID.randomUUID() : FIRED.get().remove();
        timers
            .timerInternalsForKey(rest.getValue())
            .setTimer(namespace, id, "", wakeAt(delayed), heldAt(delayed), TimeDomain.PROCESSING_TIME);
        states
            .stateInternalsForKey(rest.getValue())
            .state(namespace, StateTags.value(id, restCoder))
            .write(
                WindowedValue.of(
                    rest.getValue(), rest.getTimestamp(), Collections.singletonList(window), rest.getPane()));
      }
    }

    private static Instant wakeAt(DelayedBundleApplication delayed) {
      var delay = delayed.getRequestedTimeDelay();
      return Instant.now().plus(Duration.millis(delay.getSeconds() * 1000 + delay.getNanos() / 1_000_000));
    }

    private static Instant heldAt(DelayedBundleApplication delayed) {
      return delayed.getApplication().getOutputWatermarksMap().values().stream()
          .map(at -> Instant.ofEpochMilli(at.getSeconds() * 1000 + at.getNanos() / 1_000_000))
          .min(Instant::compareTo)
          .orElse(BoundedWindow.TIMESTAMP_MIN_VALUE);
    }
  }
}
