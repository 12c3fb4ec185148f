"""The thirty rows of the leak checklist, each with the tests that prove it; checked by test_checklist_rows.py."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChecklistRow:
    """One side channel, and the tests of it as `module::function`."""

    what: str
    tests: tuple[str, ...]


CHECKLIST: Mapping[int, ChecklistRow] = {
    1: ChecklistRow(
        "totals and counts",
        ("test_checklist_searching::test_row_01_totals_count_what_the_caller_sees",),
    ),
    2: ChecklistRow(
        "sizes of pages and links to the next",
        ("test_checklist_searching::test_row_02_pages_are_full_and_end_where_the_visible_ends",),
    ),
    3: ChecklistRow(
        "page tokens of another caller, or after revocation",
        (
            "test_checklist_searching::test_row_03_a_page_token_is_nobodys_but_the_callers",
            "test_checklist_searching::test_row_03_a_page_token_opens_nothing_once_the_citizen_has_blocked",
        ),
    ),
    4: ChecklistRow(
        "included resources",
        ("test_checklist_searching::test_row_04_nothing_is_included",),
    ),
    5: ChecklistRow(
        "chains, reverse chains and composites",
        ("test_checklist_searching::test_row_05_chains_reverse_chains_and_composites_are_refused",),
    ),
    6: ChecklistRow(
        "filters, order, absence and negation over what is hidden",
        (
            "test_checklist_searching::test_row_06_filters_find_a_hidden_record_no_more_than_one_that_is_not",
            "test_checklist_searching::test_row_06_negation_absence_and_order_speak_of_the_visible_alone",
            "test_checklist_searching::test_row_06_what_would_look_beyond_is_refused",
        ),
    ),
    7: ChecklistRow(
        "parameters that are merged",
        ("test_checklist_searching::test_row_07_a_parameter_given_twice_or_as_a_list_never_turns_and_into_or",),
    ),
    8: ChecklistRow(
        "versions, history and deletions",
        (
            "test_checklist_records::test_row_08_a_deletion_is_told_to_those_alone_who_saw_what_was_deleted",
            "test_checklist_records::test_row_08_a_version_of_a_time_that_is_hidden_stays_hidden",
            "test_checklist_records::test_row_08_history_takes_no_filters",
            "test_checklist_records::test_row_08_there_is_no_history_of_a_type_or_of_the_system",
            "test_checklist_records::test_row_08_what_was_open_before_it_was_labelled_is_closed_in_every_version",
        ),
    ),
    9: ChecklistRow(
        "withheld and absent: status, body, headers, time",
        (
            "test_checklist_records::test_row_09_no_header_of_a_refusal_tells_of_the_record",
            "test_answers_that_wait::test_row_09_a_transaction_that_finds_nothing_and_ids_of_several_leave_at_ticks",
            "test_time_tells_nothing::test_row_09_time_does_not_tell_withheld_from_absent",
        ),
    ),
    10: ChecklistRow(
        "ids that can be guessed; conditional changes",
        (
            "test_answers_that_wait::test_row_10_a_message_that_is_refused_for_what_is_kept_leaves_at_a_tick",
            "test_answers_that_wait::test_row_10_an_answer_that_rests_on_what_is_not_shown_leaves_at_a_tick",
            "test_checklist_records::test_row_10_a_stale_version_is_told_only_to_who_may_change_the_record",
            "test_checklist_records::test_row_10_changes_take_no_conditions",
            "test_checklist_records::test_row_10_ids_tell_neither_order_nor_owner",
            "test_checklist_records::test_row_10_putting_to_an_id_that_is_not_there_creates_nothing",
        ),
    ),
    11: ChecklistRow(
        "texts of errors",
        (
            "test_checklist_answers::test_row_11_a_failure_within_says_nothing",
            "test_checklist_answers::test_row_11_a_refusal_is_of_few_constant_texts",
            "test_checklist_answers::test_row_11_a_refusal_names_neither_record_nor_citizen_nor_owner",
        ),
    ),
    12: ChecklistRow(
        "$everything; what is kept between requests",
        (
            "test_checklist_absent::test_row_12_a_tag_of_one_reader_is_none_of_another",
            "test_checklist_absent::test_row_12_there_is_no_everything",
            "test_checklist_absent::test_row_12_what_is_kept_for_one_caller_or_citizen_is_shown_to_no_other",
        ),
    ),
    13: ChecklistRow(
        "operations that return bundles",
        (
            "test_checklist_absent::test_row_13_an_operation_within_a_batch_is_none",
            "test_checklist_absent::test_row_13_there_is_no_other_operation",
        ),
    ),
    14: ChecklistRow(
        "bulk export",
        ("test_checklist_absent::test_row_14_there_is_no_export_no_job_and_no_file",),
    ),
    15: ChecklistRow(
        "batch and transaction",
        (
            "test_checklist_answers::test_row_15_a_transaction_with_one_hidden_thing_is_as_one_with_an_absent_one",
            "test_checklist_answers::test_row_15_an_entry_leads_nowhere_else",
            "test_checklist_answers::test_row_15_conditions_within_a_bundle_tell_nothing",
            "test_checklist_answers::test_row_15_each_entry_is_answered_as_if_it_stood_alone",
        ),
    ),
    16: ChecklistRow(
        "subscriptions and notices",
        (
            "test_checklist_absent::test_row_16_nothing_that_is_hidden_tells_anybody_that_it_happened",
            "test_checklist_absent::test_row_16_there_is_no_subscription",
            "test_checklist_absent::test_row_16_what_is_told_is_decided_again_when_it_is_read",
        ),
    ),
    17: ChecklistRow(
        "narrative and display texts",
        ("test_checklist_records::test_row_17_what_is_left_of_a_document_reads_as_if_nothing_had_been_there",),
    ),
    18: ChecklistRow(
        "stored documents and contained resources",
        ("test_checklist_records::test_row_18_a_stored_document_is_as_sensitive_as_the_most_sensitive_thing_in_it",),
    ),
    19: ChecklistRow(
        "Binary and attachments",
        ("test_checklist_records::test_row_19_a_file_is_shown_to_those_who_see_the_letter_that_it_belongs_to",),
    ),
    20: ChecklistRow(
        "resources that point to hidden ones",
        (
            "test_checklist_pointers::test_row_20_a_deleted_record_stays_hidden_with_what_is_about_it",
            "test_checklist_pointers::test_row_20_a_drug_is_shown_without_its_hidden_reason",
            "test_checklist_pointers::test_row_20_a_plan_is_shown_without_the_hidden_diagnosis_that_it_addresses",
            "test_checklist_pointers::test_row_20_a_new_block_and_a_lifted_one_count_at_the_next_request",
            "test_checklist_pointers::test_row_20_a_reference_that_only_places_a_record_is_cut_out_where_it_leads_to_a_hidden_one",
            "test_checklist_pointers::test_row_20_consent_now_shows_what_it_opens_and_what_is_about_that",
            "test_checklist_pointers::test_row_20_it_holds_within_one_transaction_and_over_absolute_and_versioned_references",
            "test_checklist_pointers::test_row_20_it_reaches_over_what_is_about_what_is_about_it",
            "test_checklist_pointers::test_row_20_records_of_an_older_version_are_read_for_what_they_are_about_before_anybody_asks",
            "test_checklist_pointers::test_row_20_records_that_are_about_each_other_are_shown_and_hidden_together",
            "test_checklist_pointers::test_row_20_the_citizen_sees_all_of_her_log",
            "test_checklist_pointers::test_row_20_the_log_tells_a_parent_nothing_of_what_is_about_what_is_kept_from_parents",
            "test_checklist_pointers::test_row_20_what_a_record_was_once_about_stays_hidden_with_it",
            "test_checklist_pointers::test_row_20_what_is_about_a_hidden_record_is_hidden_however_that_is_hidden",
            "test_checklist_pointers::test_row_20_what_is_hidden_for_what_it_is_about_is_not_named_in_passing_either",
            "test_checklist_pointers::test_row_20_who_writes_a_record_may_change_it_whatever_it_is_about",
            "test_checklist_records::test_row_20_collections_of_records_are_not_kept",
            "test_checklist_records::test_row_20_the_log_is_for_nobody_else",
            "test_checklist_records::test_row_20_the_log_tells_a_parent_nothing_of_what_is_kept_from_parents",
            "test_checklist_records::test_row_20_what_tells_of_a_sensitive_record_is_as_sensitive",
        ),
    ),
    21: ChecklistRow(
        "merges, links and resources of several citizens",
        (
            "test_checklist_records::test_row_21_a_transaction_about_two_citizens_is_refused_whole",
            "test_checklist_records::test_row_21_another_citizen_is_named_nowhere",
            "test_checklist_records::test_row_21_nobody_reads_another_citizen_through_a_link",
            "test_checklist_records::test_row_21_the_patient_that_answers_is_chosen_among_those_that_are_seen",
        ),
    ),
    22: ChecklistRow(
        "what decides, written by the caller",
        (
            "test_checklist_writing::test_row_22_a_link_to_another_citizen_shows_her_to_nobody",
            "test_checklist_writing::test_row_22_an_admission_that_another_hospital_would_have_sent_is_refused",
            "test_checklist_writing::test_row_22_directory_entries_that_a_client_writes_move_nobody",
            "test_checklist_writing::test_row_22_no_client_writes_the_log_or_the_decision",
            "test_checklist_writing::test_row_22_no_writer_lowers_what_a_record_is_labelled_with",
            "test_checklist_writing::test_row_22_the_control_a_stay_of_ones_own_is_weak_evidence_and_shown_to_the_citizen",
            "test_checklist_writing::test_row_22_what_a_writer_has_raised_no_version_lowers",
            "test_checklist_writing::test_row_22_what_one_writes_about_oneself_opens_nothing",
        ),
    ),
    23: ChecklistRow(
        "the life cycle of a consent",
        (
            "test_checklist_consents::test_row_23_a_consent_about_somebody_else_is_silent",
            "test_checklist_consents::test_row_23_a_consent_lifts_no_block",
            "test_checklist_consents::test_row_23_a_consent_of_another_scope_opens_nothing",
            "test_checklist_consents::test_row_23_a_consent_that_is_taken_back_counts_no_more_at_the_next_request",
            "test_checklist_consents::test_row_23_a_consent_to_a_part_opens_that_part_in_every_way",
            "test_checklist_consents::test_row_23_a_consent_unlocks_only_while_it_is_in_force",
            "test_checklist_consents::test_row_23_a_request_in_parts_shows_no_more_than_each_part",
            "test_checklist_consents::test_row_23_nobody_rides_on_a_consent_to_somebody_else",
            "test_checklist_consents::test_row_23_nobody_writes_alters_or_ends_a_consent_of_another",
            "test_checklist_consents::test_row_23_the_record_that_the_control_sees_is_a_record",
            "test_checklist_consents::test_row_23_what_a_batch_blocks_its_next_entry_does_not_show",
        ),
    ),
    24: ChecklistRow(
        "labels and marks of redaction",
        (
            "test_checklist_searching::test_row_24_labels_cannot_be_asked_for",
            "test_checklist_searching::test_row_24_nothing_that_is_shown_bears_a_label_or_says_that_something_was_left_out",
        ),
    ),
    25: ChecklistRow(
        "unknown and mistyped parameters",
        (
            "test_checklist_searching::test_row_25_a_mistyped_parameter_never_widens_a_search",
            "test_checklist_searching::test_row_25_without_a_citizen_there_is_no_search",
        ),
    ),
    26: ChecklistRow(
        "contexts of SMART",
        (
            "test_checklist_absent::test_row_26_nothing_of_smart_is_announced",
            "test_checklist_absent::test_row_26_scopes_and_launch_contexts_open_nothing",
        ),
    ),
    27: ChecklistRow(
        "what is hidden occurs in no answer",
        ("test_checklist_searching::test_row_27_no_answer_to_any_parameter_holds_a_word_of_what_is_hidden",),
    ),
    28: ChecklistRow(
        "the record of every access",
        (
            "test_checklist_answers::test_row_28_every_page_every_304_and_every_entry_is_recorded",
            "test_checklist_answers::test_row_28_every_way_of_reading_is_recorded_once",
            "test_checklist_answers::test_row_28_no_record_and_no_page_token_holds_what_was_asked_for",
            "test_checklist_answers::test_row_28_what_is_asked_of_nobody_is_recorded_under_nobody",
            "test_checklist_answers::test_row_28_without_a_record_nothing_is_shown",
        ),
    ),
    29: ChecklistRow(
        "caches, tags and 304",
        (
            "test_checklist_answers::test_row_29_a_reader_who_is_blocked_is_not_told_that_nothing_changed",
            "test_checklist_answers::test_row_29_no_cache_between_may_answer_anybody",
            "test_checklist_answers::test_row_29_nobody_is_told_unchanged_of_what_is_not_shown",
            "test_checklist_pointers::test_row_29_a_record_without_what_it_names_is_not_the_one_with_it",
        ),
    ),
    30: ChecklistRow(
        "what is the same for everybody",
        (
            "test_checklist_absent::test_row_30_no_header_counts_what_is_left",
            "test_checklist_absent::test_row_30_there_is_no_terminology_service_that_could_count",
            "test_checklist_absent::test_row_30_what_everybody_reads_is_moved_by_nothing_that_is_stored",
        ),
    ),
}
