package io.darex.bench.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Backend;
import io.darex.bench.encoder.Backend.Gpu;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.Device;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.Engine;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.encoder.Gpus;
import io.darex.bench.encoder.Precision;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.encoder.SelfTest;
import io.darex.prune.DarexVersion;
import io.darex.prune.file.AtomicWrite;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.environment.Nd4jEnvironment;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code darex doctor}: what this machine offers and what darex makes of it. */
@Command(
    name = "doctor",
    description = "Print versions, backend, devices, threads and memory.",
    mixinStandardHelpOptions = true,
    footer = {"", "Examples: darex doctor", "          darex doctor --gpu --out gpu.json"})
final class DoctorCommand implements Callable<Integer> {
  private static final String VECTOR = "jdk.incubator.vector";

  @ParentCommand private Main main;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Option(
      names = "--gpu",
      description =
          "Test a card: scores, gradients, a step of AdamR and 20 training steps against the"
              + " processor, with errors and tokens per second.")
  private boolean gpu;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "The card that --gpu tests; default: cuda:0.")
  private Device device;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write the result of --gpu as JSON, over an earlier one.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    if (gpu) {
      return test();
    }
    if (device != null || out != null) {
      throw new BadInputException(
          "expected --gpu with " + (device == null ? "--out" : "--device") + ", got none");
    }
    List<Gpu> gpus = Gpus.all();
    Backend backend = Backend.here(gpus);
    ObjectNode facts = new JsonMapper().createObjectNode();
    facts.put("darex", DarexVersion.text());
    facts.put(
        "java", System.getProperty("java.version") + ", " + System.getProperty("java.vendor"));
    facts.put(
        "os",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
    facts.put("processors", Runtime.getRuntime().availableProcessors());
    ArrayNode devices = facts.putArray("gpus");
    gpus.forEach(gpu -> devices.add(gpu.described()));
    if (backend.refusal().isPresent()) {
      facts.put("refused", backend.refusal().get());
    } else {
      backend.notice().ifPresent(line -> facts.put("notice", line));
      backend.apply();
      nd4j(facts);
      engines(facts);
    }
    facts.put("vectorModule", ModuleLayer.boot().findModule(VECTOR).isPresent());
    facts.put("OMP_WAIT_POLICY", System.getenv("OMP_WAIT_POLICY"));
    memory(facts);
    if (json) {
      main.console().pretty(facts);
    } else {
      print(facts, main.console().out());
    }
    return backend.refusal().isPresent() ? Main.FAILED : 0;
  }

  private int test() throws IOException {
    Backend.prepare(main.console());
    Device tested = device == null ? Device.of("cuda:0") : device;
    new EngineChoice(Engine.TORCH, tested, Precision.F32).require();
    Pretrained pretrained = Pretrained.of(BuiltInEncoders.DEFAULT);
    EncoderConfig config = pretrained.config().withLabels(List.of("a", "b"));
    SelfTest.Report report = new SelfTest(tested, config, pretrained.checkpoint(), 16, 64).run();
    ObjectNode result = new JsonMapper().valueToTree(report);
    result.put("darex", DarexVersion.text());
    result.put("encoder", BuiltInEncoders.DEFAULT);
    main.console().pretty(result);
    if (out != null) {
      AtomicWrite.file(out, true, file -> Files.writeString(file, result.toPrettyString() + "\n"));
    }
    return report.passed() ? 0 : Main.FAILED;
  }

  /** Its manifest does not say. */
  private static String version() throws IOException {
    Properties maven = new Properties();
    try (InputStream in =
        Nd4j.class.getResourceAsStream("/META-INF/maven/org.nd4j/nd4j-api/pom.properties")) {
      if (in != null) {
        maven.load(in);
      }
    }
    return maven.getProperty("version", "unknown");
  }

  private static void nd4j(ObjectNode facts) throws IOException {
    Properties environment = Nd4j.getExecutioner().getEnvironmentInformation();
    facts.put("nd4j", version());
    facts.put("backend", Nd4j.getBackend().getClass().getSimpleName());
    facts.put("blas", "" + environment.get(Nd4jEnvironment.BLAS_VENDOR_KEY));
    facts.put(
        "ompThreads", Integer.parseInt("" + environment.get(Nd4jEnvironment.OMP_THREADS_KEY)));
    facts.put(
        "blasThreads", Integer.parseInt("" + environment.get(Nd4jEnvironment.BLAS_THREADS_KEY)));
  }

  /** Those of {@code --engine}: the missing ones say why. */
  private static void engines(ObjectNode facts) {
    ArrayNode engines = facts.putArray("engines");
    for (Engine engine : List.of(Engine.DIRECT, Engine.SAMEDIFF, Engine.TORCH)) {
      engines.add(engine + engine.missing().map(why -> " (not here: " + why + ")").orElse(""));
    }
    Engine auto = Engine.AUTO.chosen();
    String backend = auto == Engine.DIRECT ? "the processor" : "another backend";
    facts.put("engineAuto", auto + ", as ND4J computes on " + backend);
  }

  private static void memory(ObjectNode facts) throws IOException {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    facts.put("heapLimitBytes", Runtime.getRuntime().maxMemory());
    facts.put("nativeLimitBytes", Pointer.maxBytes());
    facts.put("hostMemoryBytes", system.getTotalMemorySize());
    facts.put("hostMemoryFreeBytes", system.getFreeMemorySize());
    facts.put("diskFreeBytes", Files.getFileStore(Path.of("")).getUsableSpace());
  }

  private static void print(ObjectNode facts, PrintStream out) {
    facts
        .properties()
        .forEach(
            fact -> {
              String key = fact.getKey();
              String text = fact.getValue().isNull() ? "not set" : fact.getValue().asText();
              if (key.endsWith("Bytes")) {
                key = key.replace("Bytes", "");
                text = String.format(Locale.ROOT, "%.1f GiB", fact.getValue().asLong() / 0x1p30);
              } else if (fact.getValue().isArray()) {
                text =
                    fact.getValue().isEmpty() ? "none" : String.join("; ", texts(fact.getValue()));
              }
              out.printf("%-16s %s%n", key, text);
            });
  }

  private static List<String> texts(JsonNode values) {
    List<String> texts = new ArrayList<>();
    values.forEach(value -> texts.add(value.asText()));
    return texts;
  }
}
