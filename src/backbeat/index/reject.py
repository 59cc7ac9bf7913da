"""A transaction that the rules refuse: it changes nothing and is kept with its reason."""

from enum import StrEnum


class Code(StrEnum):
    """Why a transaction was refused; domain reference "chain and entities" 0.3, and those of our own below."""

    WRONG_TYPE = "wrong_type"
    METADATA_MISSING = "metadata_missing"
    METADATA_INVALID = "metadata_invalid"
    ID_BELOW_OFFSET = "id_below_offset"
    ID_OUT_OF_RANGE = "id_out_of_range"
    ALREADY_EXISTS = "already_exists"
    NOT_FOUND = "not_found"
    DELETED = "deleted"
    NOT_OWNER = "not_owner"
    SIGNER_UNKNOWN_USER = "signer_unknown_user"
    SIGNER_UNAUTHORIZED = "signer_unauthorized"
    GRANT_REVOKED = "grant_revoked"
    GRANTEE_INVALID = "grantee_invalid"
    GRANT_NOT_APPROVED = "grant_not_approved"
    VERIFIER_MISMATCH = "verifier_mismatch"
    WALLET_IN_USE = "wallet_in_use"
    WALLET_IS_APP = "wallet_is_app"
    HANDLE_ILLEGAL = "handle_illegal"
    HANDLE_TOO_LONG = "handle_too_long"
    HANDLE_RESERVED = "handle_reserved"
    HANDLE_TAKEN = "handle_taken"
    NAME_TOO_LONG = "name_too_long"
    BIO_TOO_LONG = "bio_too_long"
    DESCRIPTION_TOO_LONG = "description_too_long"
    GENRE_TOO_LONG = "genre_too_long"
    TITLE_MISSING = "title_missing"
    OWNER_MISMATCH = "owner_mismatch"
    GATING_INVALID = "gating_invalid"
    PRICE_INVALID = "price_invalid"
    AI_ATTRIBUTION_DENIED = "ai_attribution_denied"
    DDEX_SIGNER = "ddex_signer"
    TOO_MANY_TRACKS = "too_many_tracks"
    SELF_TARGET = "self_target"
    OWN_CONTENT = "own_content"
    DUPLICATE = "duplicate"
    NO_ACTIVE_RECORD = "no_active_record"
    PARENT_MISMATCH = "parent_mismatch"
    BODY_EMPTY = "body_empty"
    BODY_TOO_LONG = "body_too_long"
    URL_TOO_LONG = "url_too_long"
    MEMBERS_ONLY_SCOPE = "members_only_scope"
    UNSUPPORTED_ENTITY = "unsupported_entity"
    END_DATE_INVALID = "end_date_invalid"
    END_DATE_PAST = "end_date_past"
    END_DATE_EARLIER = "end_date_earlier"
    CONTEST_EXISTS = "contest_exists"
    TRACK_IS_REMIX = "track_is_remix"
    APP_SIGNATURE_INVALID = "app_signature_invalid"
    APP_LIMIT = "app_limit"
    NAME_MISSING = "name_missing"
    IMAGE_URL_TOO_LONG = "image_url_too_long"
    GRANTEE_MISSING = "grantee_missing"
    GRANTOR_MISSING = "grantor_missing"
    ALREADY_APPROVED = "already_approved"
    WALLET_MISSING = "wallet_missing"
    CHAIN_INVALID = "chain_invalid"
    WALLET_SIGNATURE_INVALID = "wallet_signature_invalid"
    NO_EMAIL_ACCESS = "no_email_access"
    REACTION_INVALID = "reaction_invalid"
    TIP_NOT_FOUND = "tip_not_found"
    NOT_PENDING = "not_pending"
    ARTIST_PICK_INVALID = "artist_pick_invalid"
    PAYOUT_WALLET_INVALID = "payout_wallet_invalid"
    # ours: what the database refused although the rules allowed it (section 2.5, hard errors), a value that no
    # column can hold, a case of the wire format that this version does not know, what is beyond our own bounds where
    # the network has none (decision 0018), a signed message that was seen before (decision 0021), and a genesis
    # migration where none may stand (section 8.4)
    DATABASE_ERROR = "database_error"
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    UNKNOWN_TRANSACTION = "unknown_transaction"
    TEXT_TOO_LONG = "text_too_long"
    DOCUMENT_TOO_LARGE = "document_too_large"
    TOO_MANY_PLAYS = "too_many_plays"
    REPLAYED = "replayed"
    MIGRATION_REFUSED = "migration_refused"


class Reject(Exception):  # noqa: N818 - it is an outcome of a rule, not an error of ours
    """Raised by a handler to refuse the transaction; ``field`` names the offending payload key or envelope field."""

    def __init__(self, code: Code, field: str = "") -> None:
        super().__init__(code.value)
        self.code = code
        self.field = field
