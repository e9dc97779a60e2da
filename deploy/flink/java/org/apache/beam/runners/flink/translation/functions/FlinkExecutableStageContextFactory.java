package org.apache.beam.runners.flink.translation.functions;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.runners.fnexecution.control.DefaultExecutableStageContext;
import org.apache.beam.runners.fnexecution.control.ExecutableStageContext;
import org.apache.beam.runners.fnexecution.control.ReferenceCountingExecutableStageContextFactory;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;
import org.apache.flink.api.java.ExecutionEnvironment;

/**
 * Which Python worker an operator works with: in place of Beam's class of this name.
 *
 * <p>Beam's has one set of workers for a job, of the size {@code sdk_worker_parallelism}, and deals them out to
 * operators in the order in which these happen to open. So both halves of the step that has most to do may get the same
 * worker, and the other worker is idle: a matter of luck at every start. Here a worker belongs to a slot: all operators
 * with the same number among their parallel ones share it, and the halves of every step have different ones. That number
 * is in the name of the thread that opens an operator, which Flink gives as {@code name (2/4)#0}.
 */
public class FlinkExecutableStageContextFactory implements ExecutableStageContext.Factory {
  private static final FlinkExecutableStageContextFactory INSTANCE = new FlinkExecutableStageContextFactory();
  private static final Pattern NUMBER = Pattern.compile("\\((\\d+)/\\d+\\)#\\d+$");
  private static final ConcurrentMap<String, ExecutableStageContext.Factory> OF_SLOT = new ConcurrentHashMap<>();

  private FlinkExecutableStageContextFactory() {}

  public static FlinkExecutableStageContextFactory getInstance() {
    return INSTANCE;
  }

  @Override
  public ExecutableStageContext get(JobInfo job) {
    Matcher number = NUMBER.matcher(Thread.currentThread().getName());
    String slot = job.jobId() + "/" + (number.find() ? number.group(1) : "");
    return OF_SLOT.computeIfAbsent(slot, unknown -> newWorkers()).get(job);
  }

  private static ExecutableStageContext.Factory newWorkers() {
    // as Beam's: at once where the job has a class loader of its own, which is gone when the last operator has closed
    return ReferenceCountingExecutableStageContextFactory.create(
        DefaultExecutableStageContext::create,
        unused -> FlinkExecutableStageContextFactory.class.getClassLoader() != ExecutionEnvironment.class.getClassLoader());
  }
}
