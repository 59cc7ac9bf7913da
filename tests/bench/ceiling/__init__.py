"""What a server alone takes for the very bytes that the block loop sends to it."""
