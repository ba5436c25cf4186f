package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is between a terminal and {@code Main}: the launcher itself, beside a build that is made up
 * of this test's class path.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LauncherTest {
  @TempDir private static Path folder;
  private static Path launcher;
  private static Pair pair;

  /** What a process printed, both streams together, and its exit code. */
  private record Ended(int code, String said) {}

  @BeforeAll
  static void install() throws IOException {
    Path bench = Files.createDirectories(folder.resolve("product/darex-bench"));
    launcher = bench.resolve("darex");
    Files.copy(Path.of("darex"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
    Path target = Files.createDirectories(bench.resolve("target/lib")).getParent();
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toUri().toString())
                .collect(Collectors.joining(" ")));
    try (OutputStream jar = Files.newOutputStream(target.resolve("darex-bench-0.jar"))) {
      new JarOutputStream(jar, manifest).close();
    }
    for (String beside : List.of("sources", "javadoc")) { // as a release has them
      Files.createFile(target.resolve("darex-bench-0-" + beside + ".jar"));
    }
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Files.writeString(target.resolve("darex.built"), java + "\n\n");
    pair = Pair.in(folder, OptionalLong.empty());
  }

  /** Every plain container has this locale; Java alone would find no such path. */
  @Test
  void pathsOutsideAsciiWorkInThePlainLocale() throws Exception {
    String script =
        """
        name=$(printf '%s/d\\303\\251j\\303\\240-\\346\\227\\245\\346\\234\\254' "$1") &&
        mkdir "$name" && cp -r "$2" "$name/base" && cp -r "$3" "$name/tuned" &&
        "$4" -q prune --base "$name/base" --tuned "$name/tuned" --drop-rate 0.9 --out "$name/\\342\\210\\206" &&
        "$4" diff "$name/base" "$name/none"
        """;
    for (String locale : List.of("C", "POSIX", "no_SUCH.UTF-8")) {
      Path within = Files.createDirectory(folder.resolve(locale));
      ProcessBuilder builder =
          process(
              "bash",
              "-c",
              script,
              "test",
              within.toString(),
              pair.base().toString(),
              pair.tuned().toString(),
              launcher.toString());
      builder.environment().remove("LANG");
      builder.environment().put("LC_ALL", locale);
      Ended ended = end(builder.start());
      assertThat(ended.said())
          .contains("déjà-日本/\\342\\210\\206: kept ")
          .contains("déjà-日本/none: no checkpoint there");
      assertThat(ended.code()).isEqualTo(2);
    }
  }

  @Test
  void aFullDeviceIsExitOneThroughTheLauncher() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/full")), "skipped: no /dev/full, which Linux has");
    for (String command : List.of("--help", "prune --help", "encoder list", "doctor --json")) {
      Ended ended =
          end(
              process("bash", "-c", "\"$1\" " + command + " >/dev/full", "test", launcher + "")
                  .start());
      assertThat(ended.said())
          .endsWith("darex: standard output could not be written: the disk is full\n");
      assertThat(ended.code()).isEqualTo(1);
    }
  }

  /** The terminal's driver sends the signal to all of the group, and the bar is drawn. */
  @Test
  void ctrlCOnATerminalIsAnsweredUnderAProgressBar() throws Exception {
    assumeTrue(
        end(process("script", "--version").start()).said().contains("util-linux"),
        "skipped: no script of util-linux, which gives a pseudo-terminal");
    Path out = folder.resolve("ctrl-c");
    String command = "'" + launcher + "' run '" + endless("ctrl-c") + "' --out '" + out + "'";
    Process process = process("script", "-qefc", command, "/dev/null").start();
    String before = readUntil(process.getInputStream(), "epoch 2/");
    process.getOutputStream().write(3);
    process.getOutputStream().flush();
    Ended ended = end(process);
    assertThat(before).as("a bar").contains("fine-tune ").contains("\r").contains("%");
    assertThat(ended.said()).contains("interrupted; what was finished is in " + out);
    assertThat(ended.code()).isEqualTo(130);
  }

  @Test
  void aSignalToTheWholeGroupIsAnswered() throws Exception {
    for (String signal : List.of("TERM", "INT", "HUP")) {
      Path out = folder.resolve("group-" + signal);
      Path config = endless("group-" + signal);
      Process process =
          process("setsid", launcher.toString(), "run", config.toString(), "--out", out.toString())
              .start();
      readUntil(process.getInputStream(), "epoch 2/");
      new ProcessBuilder("kill", "-" + signal, "--", "-" + process.pid()).start().waitFor();
      Ended ended = end(process);
      assertThat(ended.said()).contains("interrupted; what was finished is in " + out);
      assertThat(ended.code()).isGreaterThan(128);
    }
  }

  /** A run that would take hours. */
  private static Path endless(String name) throws IOException {
    Path own = Files.createDirectory(folder.resolve("data-" + name));
    return TinySweeps.in(own)
        .config(
            name,
            """
            task: TASK
            encoder: ENCODER
            finetune: {learningRate: 1.0e-3, epochs: 100000, patience: 100000, maxLength: 32}
            prune: {dropRate: 0.5}
            """);
  }

  private static ProcessBuilder process(String... command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("DAREX_JAVA_OPTS", "-Xmx1g -XX:TieredStopAtLevel=1");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().remove("DAREX_PROFILES");
    return builder;
  }

  /** Reads what comes until a text has come, or the end. */
  private static String readUntil(InputStream in, String text) throws IOException {
    StringBuilder said = new StringBuilder();
    for (int next = in.read(); next >= 0; next = in.read()) {
      said.append((char) next);
      if (said.indexOf(text, Math.max(0, said.length() - text.length())) >= 0) {
        return said.toString();
      }
    }
    throw new AssertionError("ended without '" + text + "': " + said);
  }

  private static Ended end(Process process) throws Exception {
    // The end of the output is that of the last process that has it open.
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), said);
  }
}
