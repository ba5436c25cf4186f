package io.darex.bench.cluster;

import io.darex.bench.BadInputException;
import io.darex.bench.Main;
import io.darex.prune.Parallel;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * An Apache Spark cluster that does {@link Work}. Whatever of Spark's {@code spark.…} properties is
 * not set gets a value that fits darex: executors have the driver's class path, JVM options and
 * environment, so darex lies at the same place on every machine.
 */
public final class Cluster implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";
  private static final List<String> ENVIRONMENT = List.of("OMP_WAIT_POLICY", "OPENBLAS_CORETYPE");

  private final JavaSparkContext spark;
  private final String master;
  private final int threads;

  private Cluster(JavaSparkContext spark, String master, int threads) {
    this.spark = spark;
    this.master = master;
    this.threads = threads;
  }

  /**
   * Connects.
   *
   * @param master such as {@code local[2]} or {@code spark://host:7077}
   * @param threads that a task uses
   * @throws BadInputException if this build has no Spark, or there is no such cluster
   */
  public static Cluster open(String master, int threads) {
    try {
      Class.forName("org.apache.spark.SparkConf");
    } catch (ClassNotFoundException e) {
      throw new BadInputException(
          "--master: expected a darex with Spark, came one without; DAREX_PROFILES=spark in the"
              + " environment of darex builds it in",
          e);
    }
    try {
      return new Cluster(new JavaSparkContext(conf(master, threads)), master, threads);
    } catch (Exception e) { // Spark, written in Scala, throws what its signatures do not say
      throw new BadInputException(
          "--master: expected a Spark master such as local[2] or spark://host:7077, came "
              + BadInputException.quote(master)
              + ": "
              + firstLine(e),
          e);
    }
  }

  private static SparkConf conf(String master, int threads) {
    SparkConf conf =
        new SparkConf()
            .setMaster(master)
            .set("spark.task.cpus", Integer.toString(threads))
            .setIfMissing("spark.app.name", "darex")
            .setIfMissing("spark.ui.enabled", "false")
            .setIfMissing("spark.executor.memory", "4g")
            .setIfMissing("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .setIfMissing("spark.executor.extraJavaOptions", javaOptions());
    for (String name : ENVIRONMENT) {
      if (System.getenv(name) != null) {
        conf.setIfMissing("spark.executorEnv." + name, System.getenv(name));
      }
    }
    if (master.startsWith("local")) {
      // The name of this machine need not lead anywhere.
      conf.setIfMissing("spark.driver.host", LOOPBACK);
      conf.setIfMissing("spark.driver.bindAddress", LOOPBACK);
    }
    return conf;
  }

  /**
   * Modules and properties of this JVM; memory is Spark's to say, and so are its own properties.
   */
  private static String javaOptions() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("--add-") || option.startsWith("-D"))
        .filter(option -> !option.startsWith("-Dspark.") && !option.contains(" "))
        .collect(Collectors.joining(" "));
  }

  /** How many tasks there is room for, as far as machines have reported. */
  public int room() {
    return Math.max(1, spark.defaultParallelism() / threads);
  }

  /**
   * Has work done on one of the machines and waits for it; of those that are lost meanwhile another
   * does it again. Any thread may call it, and as many at a time are done as there is room for.
   *
   * @throws IOException if files cannot be read or written there, or the cluster gives up
   * @throws BadInputException if it is the input that is wrong
   */
  public <T extends Serializable> T run(Work<T> work) throws IOException {
    List<Reply<T>> replies;
    try {
      replies = spark.parallelize(List.of(work), 1).map(Cluster::<T>answer).collect();
    } catch (Exception e) { // as above; what the work throws comes back as a reply
      throw new IOException("the cluster at " + master + " gave up: " + firstLine(e), e);
    }
    return replies.get(0).value();
  }

  /**
   * Has all of it done.
   *
   * @param done told of each, in the order of their ends
   * @throws IOException as of one
   */
  public <T extends Serializable> void run(List<? extends Work<T>> all, Consumer<T> done)
      throws IOException {
    try {
      // A thread for each does nothing but wait; how many run is for Spark to say.
      Parallel.forEach(
          all.size(),
          all.size(),
          () ->
              number -> {
                try {
                  done.accept(run(all.get((int) number)));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * What comes back of work.
   *
   * @param result where it was done
   * @param fault why not, else
   * @param input whether the fault is the input's
   */
  private record Reply<T extends Serializable>(T result, String fault, boolean input)
      implements Serializable {
    T value() throws IOException {
      if (fault == null) {
        return result;
      }
      if (input) {
        throw new BadInputException(fault);
      }
      throw new IOException(fault);
    }
  }

  /** Faults come back as what they say: thrown, they would be tried again in vain. */
  private static <T extends Serializable> Reply<T> answer(Work<T> work) throws IOException {
    try {
      return new Reply<>(work.run(), null, false);
    } catch (IOException | RuntimeException e) {
      Optional<String> input = Main.inputFault(e);
      if (input.isEmpty() && !(e instanceof IOException)) {
        throw e;
      }
      return new Reply<>(null, input.orElse(e.getMessage()), input.isPresent());
    }
  }

  private static String firstLine(Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    spark.close();
  }
}
