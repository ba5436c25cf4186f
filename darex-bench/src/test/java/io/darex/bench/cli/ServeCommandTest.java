package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.Checkpoint;
import io.darex.prune.Pruning;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.RandomMask;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code darex serve} as a process of its own. */
class ServeCommandTest {
  private static final EncoderConfig TINY =
      new EncoderConfig(24, 8, 1, 2, 12, 12, 2, 1e-3, 0, 0, 0, List.of());
  private static final Pattern URL = Pattern.compile("serving (\\d) models .* at (http://\\S+)");

  @TempDir private static Path folder;
  private static Path base;

  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeAll
  static void write() throws IOException {
    base = folder.resolve("base");
    Checkpoint weights = TinyBert.checkpoint(TINY, 1);
    byte[] vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhe\n".getBytes(StandardCharsets.UTF_8);
    HuggingFaceFolder.write(base, weights, Map.of("vocab.txt", vocabulary), true);
    Checkpoint tuned = TinyBert.checkpoint(TINY.withLabels(List.of("no", "yes")), 2);
    SparseDeltaFile.write(
        folder.resolve("d.safetensors"),
        new Pruning(new RandomMask(1, 0.5)).prune(weights, tuned),
        true);
  }

  private static Process start(Path said) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Main.class.getName(),
            "serve",
            "--base",
            base.toString(),
            "--models",
            folder.toString(),
            "--port",
            "0")
        .redirectError(said.toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Its address, once it says so with that number of models. */
  private static String url(Process process, Path said, int models) throws Exception {
    while (true) {
      Matcher line = URL.matcher(Files.readString(said));
      if (line.find()) {
        assertThat(line.group(1)).isEqualTo(String.valueOf(models));
        return line.group(2);
      }
      assertThat(process.isAlive()).as(Files.readString(said)).isTrue();
      Thread.sleep(20);
    }
  }

  private HttpResponse<String> send(String method, String url, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(url))
            .method(method, BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void killedAndStartedAgainItServesTheSame() throws Exception {
    Path said = folder.resolve("said");
    String texts = "{\"texts\": [\"he\", \"she\"]}";
    Process process = start(said);
    String answer;
    try {
      String url = url(process, said, 0);
      assertThat(send("PUT", url + "/v1/models/a", "{\"file\": \"d.safetensors\"}").statusCode())
          .isEqualTo(201);
      answer = send("POST", url + "/v1/models/a:classify", texts).body();
      assertThat(answer).contains("\"label\"");
    } finally {
      process.destroyForcibly().waitFor();
    }
    process = start(said);
    try {
      String url = url(process, said, 1);
      assertThat(send("POST", url + "/v1/models/a:classify", texts).body()).isEqualTo(answer);
      process.destroy(); // asked politely
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void whatCannotBeServedIsSaidInOneLine() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      refused("expected a port that is free", "--port", taken.getLocalPort());
    }
    refused("--port: expected 0 to 65535, got 70000", "--port", 70000);
    refused("--host 0.0.0.0: expected --token-file", "--host", "0.0.0.0");
    refused("--queue, --timeout: expected at least 1", "--queue", 0);
    refused("--max-request: expected a size such as 1MB", "--max-request", "3GB");
    refused("--resident-memory: expected a size such as 1MB", "--resident-memory", "5%");
    refused("token", "--token-file", folder.resolve("absent-token"));
    refused("'fast'", "--way", "fast");
    Outcome folderless =
        Darex.run("serve", "--base", base, "--models", folder.resolve("absent"), "--port", 0);
    assertThat(folderless.code()).isEqualTo(2);
    assertThat(folderless.err()).contains("expected a folder of delta files, got none");
    Outcome baseless =
        Darex.run("serve", "--base", folder.resolve("absent"), "--models", folder, "--port", 0);
    assertThat(baseless.code()).isEqualTo(2);
  }

  private static void refused(String why, String option, Object value) {
    Outcome outcome = Darex.run("serve", "--base", base, "--models", folder, option, value);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).startsWith("darex: ").contains(why);
    assertThat(outcome.err().lines().filter(line -> !line.startsWith("Try "))).hasSize(1);
  }
}
