package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a newcomer types: the command in the header of every configuration, and every command of the
 * README, the guide, the how-to and the questions. They run from a folder with nothing but the
 * configurations, the data that these say they need, and, so that it takes seconds, an encoder of
 * one layer called {@code minilm-l6} and fewer texts and values.
 */
class FreshCloneTest {
  private static final Path ROOT = Path.of("..");
  private static final Path CONFIGS = ROOT.resolve("configs");
  static final String LAUNCHER = "./darex-bench/darex ";

  /** Those whose commands are run; {@link DocumentedCommandsTest} says which have no others. */
  static final List<String> PAGES =
      List.of("README.md", "docs/GUIDE.md", "docs/HOWTO.md", "docs/FAQ.md");

  private static final String HEADER = "# darex ";
  private static final String QUICKSTART = "run configs/quickstart.yml";
  private static final String PAIR = "--base minilm-l6 --tuned out/quickstart/tuned";
  private static final int TEXTS = 80;

  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 64, 2, 1e-12, 0.1, 0.1, 0.1, List.of());

  @TempDir private static Path clone;

  /** What each command ended with, its exit code first. */
  private static final Map<String, String> ENDED = new LinkedHashMap<>();

  @BeforeAll
  static void runAll() throws IOException, InterruptedException {
    copyConfigurations();
    writeData();
    Set<String> commands = new LinkedHashSet<>(List.of(QUICKSTART));
    commands.addAll(documented());
    for (Path file : configurations()) {
      String command = command(file);
      commands.add(command);
      if (command.startsWith("prune ")) {
        commands.add("verify " + command.replaceFirst(".* --out ", "") + " " + PAIR);
      }
    }
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(entry -> Path.of(entry).toAbsolutePath().toString())
                    .collect(Collectors.joining(File.pathSeparator)),
                Commands.class.getName()));
    words.addAll(commands);
    Path said = clone.resolve("said");
    Process process =
        new ProcessBuilder(words)
            .directory(clone.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(said.toFile())
            .start();
    boolean ended = process.waitFor(20, TimeUnit.MINUTES);
    process.destroyForcibly().waitFor();
    assertThat(ended).as("ended within twenty minutes; so far: " + Files.readString(said)).isTrue();
    List<String> lines =
        Files.readAllLines(said).stream().filter(line -> line.matches("\\d+ .*")).toList();
    assertThat(lines).hasSameSizeAs(commands);
    commands.forEach(command -> ENDED.put(command, lines.get(ENDED.size())));
  }

  private static void copyConfigurations() throws IOException {
    for (Path file : configurations()) {
      Path copy = clone.resolve(ROOT.relativize(file));
      Files.createDirectories(copy.getParent());
      Files.writeString(copy, shortened(Files.readString(file)));
    }
    for (String encoder :
        List.of(
            "minilm-l6",
            "configs/minilm-l6",
            "configs/finetune/minilm-l6",
            "configs/sweep/minilm-l6",
            "configs/paper/bert-base-uncased")) {
      HuggingFaceFolder.write(
          clone.resolve(encoder),
          TinyBert.checkpoint(TINY, 1),
          BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
          false);
    }
  }

  /**
   * The same with fewer texts to train on, candidates, and values in a list: the first and last.
   */
  private static String shortened(String yaml) {
    return yaml.replaceAll("\n  limit: \\d+", "")
        .replace("finetune:", "finetune:\n  limit: 64")
        .replaceAll("candidates: \\d+", "candidates: 4")
        .replaceAll("population: \\d+", "population: 4")
        .replaceAll("(\\[[^,\\]]+,[^,\\]]+),[^\\]]*\\]", "$1]");
  }

  private static void writeData() throws IOException {
    for (String task : List.of("CoLA", "SST-2", "RTE")) {
      Files.createDirectories(clone.resolve("GLUE").resolve(task));
    }
    Files.writeString(clone.resolve("texts.txt"), "The birds sing.\nThe birds sings.\n");
    for (String part : List.of("train", "dev")) {
      StringBuilder cola = new StringBuilder();
      StringBuilder reviews = new StringBuilder("stars\tsentence\n");
      StringBuilder sst = new StringBuilder("sentence\tlabel\n");
      StringBuilder rte = new StringBuilder("index\tsentence1\tsentence2\tlabel\n");
      for (int i = 0; i < TEXTS; i++) {
        String text = "The bird " + "sings ".repeat(i % 5) + part + " " + i + ".";
        cola.append("x\t").append(i % 2).append("\t\t").append(text).append('\n');
        sst.append(text).append('\t').append(i % 2).append('\n');
        rte.append(i).append('\t').append(text).append("\tIt sings.\t");
        rte.append(i % 2 == 0 ? "entailment" : "not_entailment").append('\n');
        reviews.append(i % 2 == 0 ? "bad" : "good").append('\t').append(text).append('\n');
      }
      Files.writeString(clone.resolve("GLUE/CoLA/" + part + ".tsv"), cola);
      Files.writeString(clone.resolve("GLUE/SST-2/" + part + ".tsv"), sst);
      Files.writeString(clone.resolve("GLUE/RTE/" + part + ".tsv"), rte);
      Files.writeString(clone.resolve("configs/reviews-" + part + ".tsv"), reviews);
    }
  }

  private static List<Path> configurations() throws IOException {
    try (Stream<Path> files = Files.walk(CONFIGS)) {
      return files.filter(file -> file.toString().endsWith(".yml")).sorted().toList();
    }
  }

  /** That of the comment which a configuration begins with. */
  private static String command(Path file) throws IOException {
    List<String> commands =
        Files.readAllLines(file).stream()
            .takeWhile(line -> line.startsWith("#"))
            .filter(line -> line.startsWith(HEADER))
            .map(line -> line.substring(HEADER.length()))
            .toList();
    assertThat(commands)
        .as(file + ": a header with one line '" + HEADER + "…', the command that uses it")
        .hasSize(1);
    return commands.get(0);
  }

  /** The launcher's lines of the pages that have some. */
  private static List<String> documented() throws IOException {
    List<String> commands = new ArrayList<>();
    for (String page : PAGES) {
      Files.readAllLines(ROOT.resolve(page), StandardCharsets.UTF_8).stream()
          .filter(line -> line.startsWith(LAUNCHER))
          .map(line -> line.substring(LAUNCHER.length()))
          .filter(line -> !line.startsWith("serve ")) // does not end; ServeCommandTest has it
          .forEach(commands::add);
    }
    assertThat(commands).contains(QUICKSTART);
    return commands;
  }

  @TestFactory
  Stream<DynamicTest> everyCommandWorks() {
    return ENDED.entrySet().stream()
        .map(
            ended ->
                dynamicTest(
                    ended.getKey(),
                    () -> assertThat(ended.getValue()).as(ended.getKey()).startsWith("0 ")));
  }

  @Test
  void everyHeaderUsesItsOwnFile() throws IOException {
    for (Path file : configurations()) {
      String name = ROOT.relativize(file).toString();
      String folder = file.getParent().getFileName().toString();
      String start =
          switch (folder) {
            case "prune" -> "prune --config ";
            case "sweep" -> "sweep ";
            case "paper" -> Files.readString(file).contains("\nsweep:") ? "sweep " : "run ";
            default -> "run ";
          };
      assertThat(command(file)).startsWith(start + name);
    }
  }
}
