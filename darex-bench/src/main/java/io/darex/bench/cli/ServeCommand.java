package io.darex.bench.cli;

import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.encoder.Backend;
import io.darex.bench.serve.ModelServer;
import io.darex.bench.serve.Models;
import io.darex.bench.serve.ServeOptions;
import io.darex.bench.serve.ServerOptions;
import io.darex.bench.serve.Way;
import io.darex.prune.parameter.ByteSize;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code darex serve}: many fine-tunes of one base over HTTP. */
@Command(
    name = "serve",
    description = {
      "Serve many fine-tunes of one base over HTTP.",
      "The base is in memory once. Fine-tunes are delta files in one folder: PUT /v1/models/NAME"
          + " adds one, and the next start has the same. GET /openapi.yml describes the rest."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  darex serve --base minilm-l6 --models deltas",
      "  darex serve --base minilm-l6 --models deltas --host 0.0.0.0 --token-file token"
    })
final class ServeCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Option(
      names = "--base",
      paramLabel = "CHECKPOINT",
      required = true,
      description = "The base of all deltas: a folder or a built-in encoder.")
  private String base;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      required = true,
      description =
          "Folder of the delta files that clients may name; the list of models that are served is"
              + " kept in it.")
  private Path folder;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description =
          "Address to listen on; default: ${DEFAULT-VALUE}, which other machines do not reach.")
  private String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "Port to listen on, 0 for any that is free; default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "File of one line, the token that clients send as Authorization: Bearer TOKEN. Needed"
              + " where other machines reach --host.")
  private Path tokenFile;

  @Option(
      names = "--way",
      paramLabel = "WAY",
      description =
          "How a fine-tune is computed: unmerged, beside the base; resident, merged into a copy; or"
              + " auto (the default), by the share of entries that it keeps.")
  private Way way = Way.AUTO;

  @Option(
      names = "--resident-memory",
      paramLabel = "SIZE",
      defaultValue = "512MB",
      description = "Memory for copies, such as 512MB; default: ${DEFAULT-VALUE}.")
  private String residentMemory;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "4096",
      description = "Texts that may wait, more get status 429; default: ${DEFAULT-VALUE}.")
  private int queue;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "Longest wait for answers, then status 503; default: ${DEFAULT-VALUE}.")
  private int timeout;

  @Option(
      names = "--max-request",
      paramLabel = "SIZE",
      defaultValue = "1MB",
      description = "Largest body of a request, more get status 413; default: ${DEFAULT-VALUE}.")
  private String maxRequest;

  @Override
  public Integer call() throws IOException {
    Console console = main.console();
    if (queue < 1 || timeout < 1) {
      throw new BadInputException(
          "--queue, --timeout: expected at least 1, got " + queue + " and " + timeout);
    }
    ServeOptions serve =
        ServeOptions.defaults()
            .withWay(way)
            .withResidentBytes(size("--resident-memory", residentMemory, Long.MAX_VALUE))
            .withQueuedTexts(queue)
            .withTimeout(Duration.ofSeconds(timeout));
    ServerOptions server =
        new ServerOptions(
            host,
            port,
            folder,
            tokenFile == null ? Optional.empty() : Optional.of(ServerOptions.token(tokenFile)),
            (int) size("--max-request", maxRequest, 1 << 30),
            Duration.ofSeconds(timeout));
    Backend.prepare(console);
    Models models = Models.open(base, serve, console::say);
    try (ModelServer running = ModelServer.start(models, server)) {
      console.say(
          String.format(
              Locale.ROOT,
              "serving %d models of %s at %s",
              models.list().size(),
              base,
              url(running.address())));
      untilTheEnd(running);
    }
    return 0;
  }

  /** Ctrl-C and kill end the process; what is running is answered before. */
  private static void untilTheEnd(ModelServer running) {
    Thread hook = new Thread(running::close);
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }

  private static String url(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  private static long size(String option, String text, long most) {
    try {
      ByteSize size = ByteSize.of(text);
      if (!size.isShare() && size.bytes(0) <= most) {
        return size.bytes(0);
      }
    } catch (IllegalArgumentException e) {
      // As below.
    }
    throw new BadInputException(
        option + ": expected a size such as 1MB, of at most " + most + " bytes, got " + text);
  }
}
