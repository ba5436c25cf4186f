package io.darex.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.darex.bench.Pages;
import io.darex.bench.console.BadInputException;
import io.darex.bench.fuzz.Mutator;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server, asked over its socket. */
class ModelServerTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final Pattern CURL =
      Pattern.compile("^curl (?:-X (\\w+) )?localhost:8080(\\S+) -d '(.*)'$", Pattern.MULTILINE);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MUTATED = Integer.getInteger("darex.serve.requests", 1500);

  @TempDir private static Path shared;
  private static Fleet fleet;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Method, path as the file has it, and status of all that was answered. */
  private final TreeSet<String> seen = new TreeSet<>();

  private ModelServer server;

  @BeforeAll
  static void write() throws IOException {
    fleet = new Fleet(shared);
  }

  @AfterEach
  void stop() throws IOException {
    if (server != null) {
      server.close();
    }
    Files.deleteIfExists(fleet.folder.resolve(ModelFolder.LIST));
  }

  private void start(ServeOptions serve, ServerOptions options) throws IOException {
    server = ModelServer.start(Models.open(fleet.base.toString(), serve), options);
  }

  private static ServerOptions options() {
    return ServerOptions.of(fleet.folder);
  }

  private HttpRequest request(String method, String path, BodyPublisher body, String token) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.address().getPort() + path))
        .timeout(Duration.ofMinutes(2))
        .method(method, body)
        .header("Authorization", "Bearer " + token)
        .build();
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    return send(method, path, body, TOKEN);
  }

  private HttpResponse<String> send(String method, String path, String body, String token)
      throws Exception {
    HttpResponse<String> response =
        client.send(
            request(method, path, BodyPublishers.ofString(body), token), BodyHandlers.ofString());
    String known = path.replaceFirst("/v1/models/[^/:]+", "/v1/models/{name}");
    seen.add(method.toLowerCase(Locale.ROOT) + " " + known + " " + response.statusCode());
    return response;
  }

  private int status(String method, String path, String body) throws Exception {
    return send(method, path, body).statusCode();
  }

  private void put(String name, int number) throws Exception {
    String file = "{\"file\": \"" + number + ".safetensors\"}";
    assertThat(status("PUT", "/v1/models/" + name, file)).isIn(200, 201);
  }

  private static String error(HttpResponse<String> response) throws IOException {
    return JSON.readTree(response.body()).get("error").textValue();
  }

  @Test
  void everythingThatTheOpenApiFileDescribesIsSo() throws Exception {
    ServeOptions serve = ServeOptions.defaults().withQueuedTexts(4);
    start(serve, options().withToken(Optional.of(TOKEN)).withRequestBytes(2000));
    String texts = "{\"texts\": [\"he read it\", [\"he\", \"birds\"]]}";
    String one = "/v1/models/a";
    String classify = one + ":classify";

    assertThat(send("GET", "/health", "", "").body()).isEqualTo("ok\n");
    JsonNode put = JSON.readTree(send("PUT", one, "{\"file\": \"2.safetensors\"}").body());
    assertThat(put.get("labels").toString()).isEqualTo("[\"bad\",\"so so\",\"good\"]");
    assertThat(status("PUT", one, "{\"file\": \"0.safetensors\"}")).isEqualTo(200);
    JsonNode answers = JSON.readTree(send("POST", classify, texts).body());
    assertThat(answers.get("model").textValue()).isEqualTo("a");
    assertThat(answers.get("answers")).hasSize(2);
    JsonNode probabilities = answers.get("answers").get(0).get("probabilities");
    assertThat(probabilities.get("no").doubleValue() + probabilities.get("yes").doubleValue())
        .isBetween(0.999, 1.001);
    put("score", 1);
    JsonNode score = JSON.readTree(send("POST", "/v1/models/score:classify", texts).body());
    assertThat(score.get("answers").get(0).get("score").isDouble()).isTrue();
    assertThat(JSON.readTree(send("GET", "/v1/models", "").body()).get("models")).hasSize(2);
    assertThat(send("GET", "/metrics", "").body())
        .contains("darex_requests_total{route=\"classify\",status=\"200\"} 2")
        .contains("darex_request_seconds_bucket{le=\"+Inf\"} 7");

    assertThat(error(send("PUT", one, "{\"file\": \"absent\"}"))).contains("without .. and links");
    assertThat(error(send("POST", classify, "{\"texts\": [1]}")))
        .isEqualTo("texts, element 0: expected a text or an array of two, got another value");
    for (String body :
        List.of(
            "", "[]", "{}", "{\"texts\": 1}", "{\"texts\": []} x", "{\"a\": 1, \"texts\": []}")) {
      assertThat(status("POST", classify, body)).as(body).isEqualTo(400);
    }
    assertThat(error(send("POST", classify, "{\"texts\": [\"\\ud800\"]}")))
        .contains("half a surrogate pair");
    assertThat(error(send("POST", classify, "{\"texts\": [\"\",\"\",\"\",\"\",\"\"]}")))
        .isEqualTo("expected at most 4 texts in a request, got 5");
    assertThat(status("POST", "/v1/models/b:classify", texts)).isEqualTo(404);
    assertThat(status("DELETE", "/v1/models/b", "")).isEqualTo(404);
    assertThat(status("GET", "/v1/other", "")).isEqualTo(404);
    String large = "{\"texts\": [\"" + "he ".repeat(1000) + "\"]}";
    assertThat(status("POST", classify, large)).isEqualTo(413);
    assertThat(status("PUT", one, large)).isEqualTo(413);
    assertThat(status("POST", "/v1/models", "")).isEqualTo(405);
    assertThat(status("GET", classify, "")).isEqualTo(405);
    for (String path : List.of("/metrics", "/openapi.yml", "/v1/models")) {
      assertThat(send("GET", path, "", TOKEN + "x").statusCode()).isEqualTo(401);
    }
    assertThat(send("PUT", one, "{}", "").statusCode()).isEqualTo(401);
    assertThat(send("DELETE", one, "", "").statusCode()).isEqualTo(401);
    assertThat(send("POST", classify, texts, "").statusCode()).isEqualTo(401);
    busy(classify);
    assertThat(status("DELETE", "/v1/models/score", "")).isEqualTo(204);

    HttpResponse<String> described = send("GET", "/openapi.yml", "");
    server.close();
    start(serve.withTimeout(Duration.ZERO), options().withToken(Optional.of(TOKEN)));
    assertThat(status("POST", classify, texts)).isEqualTo(503);
    seen.removeIf(each -> each.endsWith(" 405") || each.equals("get /v1/other 404"));
    assertThat(seen).containsExactlyInAnyOrderElementsOf(described(described.body()));
  }

  /** Asks until one of many requests at once finds the queue full. */
  private void busy(String classify) throws Exception {
    String four = "{\"texts\": [\"he\", \"he\", \"he\", \"he\"]}";
    for (boolean found = false; !found; ) {
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        BodyPublisher body = BodyPublishers.ofString(four);
        all.add(client.sendAsync(request("POST", classify, body, TOKEN), BodyHandlers.ofString()));
      }
      for (CompletableFuture<HttpResponse<String>> each : all) {
        if (each.get().statusCode() == 429) {
          assertThat(each.get().headers().firstValue("Retry-After")).contains("1");
          found = true;
        }
      }
    }
    seen.add("post /v1/models/{name}:classify 429");
  }

  private static List<String> described(String openApi) throws IOException {
    List<String> all = new ArrayList<>();
    JsonNode paths = new YAMLMapper().readTree(openApi).get("paths");
    for (Map.Entry<String, JsonNode> path : paths.properties()) {
      for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
        method
            .getValue()
            .path("responses")
            .fieldNames()
            .forEachRemaining(
                status -> all.add(method.getKey() + " " + path.getKey() + " " + status));
      }
    }
    return all;
  }

  @Test
  void theReadmesRequestsAreAnswered() throws Exception {
    Files.copy(fleet.file(0), fleet.folder.resolve("agreement.safetensors"));
    start(ServeOptions.defaults(), options());
    List<MatchResult> commands = CURL.matcher(Pages.text("README.md")).results().toList();
    assertThat(commands).hasSize(2);
    for (MatchResult each : commands) {
      String method = each.group(1) == null ? "POST" : each.group(1);
      assertThat(status(method, each.group(2), each.group(3))).as(each.group()).isIn(200, 201);
    }
  }

  @Test
  void theNextStartHasTheSameModels() throws Exception {
    start(ServeOptions.defaults(), options());
    put("a", 0);
    put("b", 1);
    put("a", 3);
    put("c", 2);
    assertThat(status("DELETE", "/v1/models/c", "")).isEqualTo(204);
    String before = send("GET", "/v1/models", "").body();
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> start(ServeOptions.defaults(), options()))
        .withMessageContaining("expected a folder at rest");
    server.close();
    start(ServeOptions.defaults(), options());
    assertThat(send("GET", "/v1/models", "").body()).isEqualTo(before);
    assertThat(status("POST", "/v1/models/a:classify", "{\"texts\": [\"he\"]}")).isEqualTo(200);
    server.close();

    Path list = fleet.folder.resolve(ModelFolder.LIST);
    for (String bad : List.of("[]", "{", "{\"a\": 1", "{\"a\": \"../base\"}", "{\"a\": \"9\"}")) {
      Files.writeString(list, bad);
      assertThatExceptionOfType(BadInputException.class)
          .as(bad)
          .isThrownBy(() -> start(ServeOptions.defaults(), options()));
    }
  }

  @Test
  void onlyFilesOfTheFolderCanBeNamed() throws Exception {
    Path outside = shared.resolve("outside.safetensors");
    Files.copy(fleet.file(0), outside);
    Path inner = Files.createDirectories(fleet.folder.resolve("inner"));
    Files.copy(fleet.file(0), inner.resolve("0.safetensors"));
    Files.createSymbolicLink(fleet.folder.resolve("link.safetensors"), outside);
    Files.createSymbolicLink(fleet.folder.resolve("up"), shared);
    start(ServeOptions.defaults(), options());
    for (String file :
        List.of(
            "../outside.safetensors",
            "inner/../../outside.safetensors",
            "inner/../0.safetensors",
            "./0.safetensors",
            outside.toString(),
            "link.safetensors",
            "up/outside.safetensors",
            "inner",
            "",
            "a\\u0000b")) {
      HttpResponse<String> response = send("PUT", "/v1/models/a", "{\"file\": \"" + file + "\"}");
      assertThat(response.statusCode()).as(file).isEqualTo(400);
      assertThat(error(response)).contains("expected a file in the folder of models");
    }
    assertThat(status("PUT", "/v1/models/a", "{\"file\": \"inner/0.safetensors\"}")).isEqualTo(201);
    assertThat(status("PUT", "/v1/models/" + "x".repeat(65), "{\"file\": \"0.safetensors\"}"))
        .isEqualTo(400);
  }

  @Test
  void aSlowClientKeepsNobodyWaitingAndTheEndAnswersWhatRuns() throws Exception {
    start(ServeOptions.defaults(), options().withGrace(Duration.ofMillis(100)));
    put("a", 0);
    List<Socket> slow = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
      String begun =
          i % 2 == 0
              ? "POST /v1/models/a:cl"
              : "POST /v1/models/a:classify HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{";
      socket.getOutputStream().write(begun.getBytes(StandardCharsets.US_ASCII));
      slow.add(socket);
    }
    for (int i = 0; i < 20; i++) {
      assertThat(status("POST", "/v1/models/a:classify", "{\"texts\": [\"he\"]}")).isEqualTo(200);
    }
    server.close();
    for (Socket socket : slow) {
      socket.close();
    }
  }

  @Test
  void malformedRequestsDoNotBringItDown() throws Exception {
    start(ServeOptions.defaults(), options().withRequestBytes(5000));
    put("a", 0);
    String body = "{\"texts\": [\"he read it\", [\"birds\", \"sing\"]]}";
    List<String> good =
        List.of(
            "POST /v1/models/a:classify HTTP/1.1\r\nHost: a\r\nContent-Length: "
                + body.length()
                + "\r\nConnection: close\r\n\r\n"
                + body,
            "POST /v1/models/a:classify HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                + "Connection: close\r\n\r\n"
                + Integer.toHexString(body.length())
                + "\r\n"
                + body
                + "\r\n0\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "PUT /v1/models/b HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n"
                + "Connection: close\r\n\r\n{\"file\": \"1.safetensors\"}");
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < MUTATED; i++) {
      byte[] request = good.get(i % good.size()).getBytes(StandardCharsets.UTF_8);
      for (int change = random.nextInt(4); change >= 0; change--) {
        request = Mutator.changed(request, random);
      }
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
        socket.setSoTimeout(60_000);
        socket.getOutputStream().write(request);
        socket.shutdownOutput(); // whatever was said to follow, nothing does
        InputStream in = socket.getInputStream();
        while (in.read() >= 0) {
          // An answer, or the end.
        }
      } catch (IOException e) {
        // It may hang up on what is no HTTP.
      }
    }
    assertThat(status("POST", "/v1/models/a:classify", body)).isEqualTo(200);
    assertThat(send("GET", "/metrics", "").body()).contains("darex_queued_texts 0\n");
  }

  @Test
  void othersMayReachItWithATokenOnly() throws IOException {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(
            () -> new ServerOptions("0.0.0.0", 0, fleet.folder, Optional.empty(), 1, Duration.ZERO))
        .withMessage(
            "--host 0.0.0.0: expected --token-file where other machines reach the server, got"
                + " none");
    Path file = shared.resolve("token");
    Files.writeString(file, "  " + TOKEN + "\n");
    assertThat(ServerOptions.token(file)).isEqualTo(TOKEN);
    for (String bad : List.of("", "short", TOKEN + "\n" + TOKEN, TOKEN + " ä")) {
      Files.writeString(file, bad);
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> ServerOptions.token(file));
    }
  }
}
