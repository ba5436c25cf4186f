package io.darex.bench.cluster;

import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Fault;
import io.darex.prune.Parallel;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import lombok.extern.slf4j.Slf4j;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * An Apache Spark cluster that does {@link Work}. Whatever of Spark's {@code spark.…} properties is
 * not set gets a value that fits darex: executors have the driver's class path, JVM options and
 * environment, so darex lies at the same place on every machine.
 */
@Slf4j
public final class Cluster implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";
  private static final String AUTHENTICATE = "spark.authenticate";
  private static final String SECRET = "spark.authenticate.secret";
  private static final String SECRET_VARIABLE = "DAREX_SPARK_SECRET";
  private static final String LOCAL_DIR = "spark.local.dir";
  private static final String MEMORY = "spark.executor.memory";
  private static final List<String> ENVIRONMENT =
      List.of(
          "OMP_WAIT_POLICY", "OPENBLAS_CORETYPE", "BACKEND_PRIORITY_CPU", "BACKEND_PRIORITY_GPU");

  /** How long a cluster may take to begin a task. */
  private static final long SECONDS = 60;

  /** How long no further machine reports until all are taken to be there. */
  private static final long SETTLED_MILLIS = 2000;

  private final JavaSparkContext spark;
  private final Scratch scratch;
  private final String master;
  private final int room;

  private Cluster(JavaSparkContext spark, Scratch scratch, String master, int room) {
    this.spark = spark;
    this.scratch = scratch;
    this.master = master;
    this.room = room;
  }

  /**
   * Connects.
   *
   * @param master such as {@code local[2]} or {@code spark://host:7077}
   * @param threads that a task uses
   * @throws BadInputException if this build has no Spark, there is no such cluster, its secret is
   *     not given, or it does not begin a task within a minute
   */
  public static Cluster open(String master, int threads) {
    try {
      Class.forName("org.apache.spark.SparkConf");
    } catch (ClassNotFoundException e) {
      throw new BadInputException(
          "--master: expected a darex with Spark, got one without; DAREX_PROFILES=spark in the"
              + " environment of darex builds it in",
          e);
    }
    SparkConf conf = conf(master, threads);
    Scratch scratch;
    try {
      scratch = Scratch.in(Path.of(System.getProperty("java.io.tmpdir")));
    } catch (IOException e) {
      throw new BadInputException(
          "--master: expected to write to the folder for temporary files, java.io.tmpdir: " + e, e);
    }
    conf.setIfMissing(LOCAL_DIR, scratch.folder().toString());
    JavaSparkContext spark = null;
    try {
      spark = connect(conf, master);
      int room = Math.max(1, processors(spark, master, threads) / threads);
      return new Cluster(spark, scratch, master, room);
    } catch (RuntimeException e) {
      close(spark, scratch);
      throw e;
    }
  }

  private static JavaSparkContext connect(SparkConf conf, String master) {
    try {
      return new JavaSparkContext(conf);
    } catch (Exception e) { // Spark, written in Scala, throws what its signatures do not say
      throw new BadInputException(
          "--master: expected a Spark master such as local[2] or spark://host:7077, got "
              + BadInputException.quote(master)
              + ": "
              + firstLine(e),
          e);
    }
  }

  /** The processors of the executors, once the first has done something and no more report. */
  private static int processors(JavaSparkContext spark, String master, int threads) {
    try {
      spark.parallelize(List.of(1), 1).collectAsync().get(SECONDS, TimeUnit.SECONDS);
      if (isLocal(master)) {
        return spark.defaultParallelism();
      }
      int before = 0;
      for (int now = -1; now != before; Thread.sleep(SETTLED_MILLIS)) {
        before = now;
        now = spark.defaultParallelism();
      }
      return before;
    } catch (TimeoutException e) {
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "--master: expected room for a task of %d threads and %s of memory at %s within %d s,"
                  + " got none; the memory is set by DAREX_JAVA_OPTS=-Dspark.executor.memory=…",
              threads,
              spark.getConf().get(MEMORY),
              master,
              SECONDS),
          e);
    } catch (ExecutionException | InterruptedException e) {
      String why = firstLine(e.getCause() == null ? e : e.getCause());
      throw new BadInputException(
          "--master: expected a cluster that works at " + master + ", got none: " + why, e);
    }
  }

  private static SparkConf conf(String master, int threads) {
    SparkConf conf =
        new SparkConf()
            .setMaster(master)
            .set("spark.task.cpus", Integer.toString(threads))
            .setIfMissing("spark.app.name", "darex")
            .setIfMissing("spark.ui.enabled", "false")
            // An executor for each task, so that a machine runs as many as its memory allows.
            .setIfMissing("spark.executor.cores", Integer.toString(threads))
            .setIfMissing(MEMORY, "4g")
            .setIfMissing("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .setIfMissing("spark.executor.extraJavaOptions", javaOptions());
    for (String name : ENVIRONMENT) {
      if (System.getenv(name) != null) {
        conf.setIfMissing("spark.executorEnv." + name, System.getenv(name));
      }
    }
    if (isLocal(master)) {
      // The name of this machine need not lead anywhere.
      conf.setIfMissing("spark.driver.host", LOOPBACK);
      conf.setIfMissing("spark.driver.bindAddress", LOOPBACK);
    } else {
      protect(conf, master);
    }
    return conf;
  }

  /**
   * Whoever reaches an open port of the driver could hand it serialised objects, and so have any
   * code done. So all that driver, executors and master say to each other is authenticated and
   * encrypted, unless the user has said otherwise (ADR 12).
   */
  private static void protect(SparkConf conf, String master) {
    conf.setIfMissing(AUTHENTICATE, "true");
    if (!conf.getBoolean(AUTHENTICATE, true)) {
      return; // encryption needs it
    }
    conf.setIfMissing("spark.network.crypto.enabled", "true");
    conf.setIfMissing("spark.io.encryption.enabled", "true");
    String secret = System.getenv(SECRET_VARIABLE);
    if (secret != null) {
      conf.setIfMissing(SECRET, secret);
    }
    // YARN and Kubernetes draw one by themselves.
    if (master.startsWith("spark://") && !conf.contains(SECRET)) {
      throw new BadInputException(
          "--master: expected the secret of the cluster at %s in %s, got none; on a network that you trust DAREX_JAVA_OPTS=-D%s=false does without"
              .formatted(master, SECRET_VARIABLE, AUTHENTICATE));
    }
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

  /** Whether the workers of {@code master} are threads of this process. */
  public static boolean isLocal(String master) {
    return master.startsWith("local");
  }

  /** How many tasks there was room for when it was opened. */
  public int room() {
    return room;
  }

  /**
   * Has work done on one of the machines and waits for it; of those that are lost meanwhile another
   * does it again. Any thread may call it, and as many at a time are done as there is room for.
   *
   * @return what came of it
   * @throws IOException if files cannot be read or written there, or the cluster gives up
   * @throws BadInputException if it is the input that is wrong
   */
  public String run(Work work) throws IOException {
    List<Reply> replies;
    try {
      replies = spark.parallelize(List.of(work), 1).map(Cluster::answer).collect();
    } catch (Exception e) { // as above; what the work throws comes back as a reply
      throw new IOException("the cluster at " + master + " gave up: " + firstLine(e), e);
    }
    return replies.get(0).value();
  }

  /**
   * Has all of it done.
   *
   * @param done told what came of each, in the order of their ends
   * @throws IOException as of one
   */
  public void run(List<? extends Work> all, Consumer<String> done) throws IOException {
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
   * @param text what came of it, or what went wrong
   * @param kind which of these
   */
  private record Reply(String text, Kind kind) implements Serializable {
    enum Kind {
      DONE,
      BAD_INPUT,
      FAILED
    }

    String value() throws IOException {
      return switch (kind) {
        case DONE -> text;
        case BAD_INPUT -> throw new BadInputException("on a worker: " + text);
        case FAILED -> throw new IOException("on a worker: " + text);
      };
    }
  }

  /** Faults come back as what they say: thrown, they would be tried again in vain. */
  private static Reply answer(Work work) {
    try {
      return new Reply(work.run(), Reply.Kind.DONE);
    } catch (IOException | RuntimeException e) {
      Fault fault = Fault.of(e);
      if (fault.input()) {
        return new Reply(fault.text(), Reply.Kind.BAD_INPUT);
      }
      if (e instanceof RuntimeException unexpected) {
        throw unexpected;
      }
      return new Reply(fault.text(), Reply.Kind.FAILED);
    }
  }

  private static String firstLine(Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    close(spark, scratch);
  }

  private static void close(JavaSparkContext spark, Scratch scratch) {
    if (spark != null) {
      spark.close();
    }
    try {
      scratch.close();
    } catch (IOException e) {
      log.warn("temporary files of Spark stay in {}: {}", scratch.folder(), e.toString());
    }
  }
}
