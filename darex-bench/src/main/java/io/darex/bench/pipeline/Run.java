package io.darex.bench.pipeline;

import io.darex.bench.Console;
import io.darex.bench.config.FinetuneConfig;
import io.darex.bench.config.RunConfig;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.Encoders;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.glue.TaskData;
import io.darex.bench.report.Report;
import io.darex.bench.report.Results;
import io.darex.bench.report.Summary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The whole pipeline of one configuration: fine-tune, prune, search, evaluate, report. */
public final class Run {
  private final RunConfig config;
  private final Optional<Path> glue;
  private final OutputFolder folder;
  private final Console console;

  /**
   * @param glue the GLUE folder, where one was named
   * @param out the output folder
   */
  public Run(RunConfig config, Optional<Path> glue, Path out, Console console) {
    this.config = config;
    this.glue = glue;
    this.folder =
        config.tuned().isPresent()
            ? new OutputFolder(out, Tuned.given(config.tuned().get()))
            : new OutputFolder(out);
    this.console = console;
  }

  /**
   * Runs, or finishes an earlier run of the same configuration. Of several fine-tunes each has a
   * folder {@code seed-N} as if it had been run alone, and above them lies what they come to
   * together.
   *
   * @param force start over
   * @throws io.darex.bench.BadInputException if the task's files cannot be used, or the output
   *     folder holds something else; nothing is written then
   */
  public void execute(boolean force) throws IOException {
    List<FinetuneConfig> finetunes = config.finetunes();
    if (finetunes.size() == 1) {
      execute(finetunes.get(0), folder, force);
      return;
    }
    if (force) {
      folder.clear();
    }
    folder.requireForSeveral();
    SortedMap<Long, Results> bySeed = new TreeMap<>();
    for (FinetuneConfig finetune : finetunes) {
      console.say(
          String.format(
              Locale.ROOT,
              "fine-tune %d of %d: seed %d",
              bySeed.size() + 1,
              finetunes.size(),
              finetune.seed()));
      OutputFolder own = folder.seed(finetune.seed());
      bySeed.put(finetune.seed(), execute(finetune, own, false));
    }
    Summary.of(bySeed).write(folder.path());
  }

  private Results execute(FinetuneConfig finetune, OutputFolder folder, boolean force)
      throws IOException {
    TaskData data = Prepared.data(config, finetune, glue, console);
    String job = Job.digest(config, finetune, data, Tuned.givenDigest(config));
    Report.requireFonts();
    if (force) {
      folder.clear();
    }
    Optional<Results> earlier = folder.resume(job);

    Prepared prepared = Prepared.of(config, finetune, data, console);
    Pretrained pretrained = prepared.pretrained();
    try (Encoder encoder =
        Encoders.open(prepared.architecture(), pretrained.checkpoint(), finetune.seed())) {
      Tuned tuned =
          Tuned.of(config, finetune, prepared, job, encoder, folder, earlier, true, console);
      int threads = Runtime.getRuntime().availableProcessors();
      Cells cells = new Cells(config.prune(), prepared, encoder, tuned, folder, threads, console);
      Results complete = cells.complete(tuned.results());
      Report.write(complete, folder.path());
      return complete;
    }
  }
}
