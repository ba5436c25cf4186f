package io.darex.bench.sweep;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.darex.bench.report.CandidateResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a sweep would do.
 *
 * @param planned how many candidates there are to be
 * @param toDo how many of these are left, at most
 * @param seconds of work for each, by those that are done; null before the first is
 * @param finetunes that would be trained, as far as it is known before
 * @param bytes what these take of the disk at most
 * @param candidates those that are done, and those that are known before
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SweepPlan(
    int planned, int toDo, Double seconds, int finetunes, long bytes, List<Candidate> candidates) {
  /** Copies the list. */
  public SweepPlan {
    candidates = List.copyOf(candidates);
  }

  /**
   * A candidate.
   *
   * @param candidate its number, from 0
   * @param values of the parameters
   * @param done whether it is in the journal
   */
  public record Candidate(int candidate, Map<String, JsonNode> values, boolean done) {
    /** What it has of a parameter, in words. */
    public String text(String parameter) {
      return CandidateResult.text(values.get(parameter));
    }
  }

  /** Whether candidates are not known before because scores lead to them. */
  @JsonIgnore
  public boolean isLed() {
    return candidates.stream().filter(each -> !each.done()).count() < toDo;
  }

  /**
   * Finds out what {@link Sweep} would do, without writing anything; the parameters are those of
   * {@link Sweep#open}.
   *
   * @throws RuntimeException as {@link Sweep#open} and {@link Sweep#prepare}, but for another
   *     process at work
   */
  public static SweepPlan of(SweepConfig config, Optional<Path> glue, Path folder, boolean force)
      throws IOException {
    Sweep.requireUsable(config, glue, folder, force);
    Collection<CandidateResult> trials =
        force ? List.of() : Journal.trials(folder, config.digest());
    Sweep.requireSameKeys(config, folder, trials);
    Set<Integer> done = trials.stream().map(CandidateResult::candidate).collect(Collectors.toSet());
    try (Evaluator evaluator = new Evaluator(config, glue, folder)) {
      Foreseen foreseen = Foreseen.of(config, evaluator.trials(), done);
      foreseen.requireRoom(folder);
      List<Candidate> candidates = new ArrayList<>();
      trials.forEach(
          trial -> candidates.add(new Candidate(trial.candidate(), trial.values(), true)));
      for (int i = 0; i < foreseen.candidates().size(); i++) {
        if (!done.contains(i)) {
          candidates.add(new Candidate(i, config.named(foreseen.candidates().get(i)), false));
        }
      }
      double elapsed = trials.stream().mapToDouble(CandidateResult::elapsed).max().orElse(0);
      // A grid may have fewer than were asked for.
      int planned =
          foreseen.candidates().isEmpty() ? config.candidates() : foreseen.candidates().size();
      long known = done.stream().filter(number -> number < planned).count();
      return new SweepPlan(
          planned,
          (int) (planned - known),
          trials.isEmpty() ? null : elapsed / trials.size(),
          foreseen.untrained().size(),
          foreseen.bytes(),
          candidates);
    }
  }
}
